import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../../src/prepare.mjs';

/**
 * Kilobytes (1,000 bytes), gzipped file by file, of everything that the browser loads until a space that is here is open on the screen:
 * the page, its scripts and styles, and the worker with what it imports, as this browser really asks for them with an empty
 * cache. Icons, the manifest and the service worker's own precaching come after that and are not needed for it.
 *
 * @param {import('playwright-core').Page} page an empty page of a profile with nothing stored
 * @param {string} origin of a relay that serves the built app
 */
export async function firstLoadKilobytes(page, origin) {
  const context = page.context();
  await page.goto(origin);
  await page.getByTestId('member-name').fill('Ada');
  await page.getByTestId('create-space').click();
  await page.getByTestId('list-add').waitFor();
  await page.close();

  /** @type {Set<string>} */
  const paths = new Set();
  context.on('request', (request) => {
    const url = new URL(request.url());
    const isCode = /\.(js|css)$/.test(url.pathname) || request.isNavigationRequest();
    if (isCode && url.origin === origin && !url.pathname.startsWith('/v1/')) paths.add(url.pathname);
  });
  const fresh = await context.newPage();
  const session = await context.newCDPSession(fresh);
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await fresh.goto(origin);
  await fresh.getByTestId('list-add').waitFor();
  await fresh.getByTestId('pill').waitFor();

  const folder = join(root, 'dist', 'app');
  const files = [...paths].map((path) => (path === '/' ? '/index.html' : path));
  const sizes = files.map((path) => gzipSync(readFileSync(join(folder, path)), { level: 9 }).length);
  return { kilobytes: sizes.reduce((sum, size) => sum + size, 0) / 1000, files };
}
