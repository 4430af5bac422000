import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../../src/prepare.mjs';

const assets = join(root, 'dist', 'app', 'assets');

/** Everything that a built script imports before it runs, itself included. @param {string} name @param {Set<string>} found */
function importedBy(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const code = readFileSync(join(assets, name), 'utf8');
  for (const [, next = ''] of code.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g))
    importedBy(next, found);
  return found;
}

/** @param {string} path under dist/app */
function kilobytesOf(path) {
  return gzipSync(readFileSync(join(root, 'dist', 'app', path)), { level: 9 }).length / 1000;
}

/**
 * Kilobytes (1,000 bytes), gzipped file by file, of what a page and its worker load before the rows of a space that is here are on the
 * screen: the page, its styles, and all that the entries of page and worker import. That nothing else is needed is shown by
 * holding everything else back: the browser opens the space, and gets no other script.
 *
 * `later` is what both load once the rows are out, by themselves or when it is asked for: sync, writing, panels, joining.
 * Icons, the manifest and the service worker's own copies are not counted.
 *
 * @param {import('playwright-core').Page} page an empty page of a profile with nothing stored
 * @param {string} origin of a relay that serves the built app
 */
export async function firstLoad(page, origin) {
  const html = readFileSync(join(root, 'dist', 'app', 'index.html'), 'utf8');
  const named = [...html.matchAll(/\/assets\/([^"']+\.(?:js|css))/g)].map(([, name = '']) => name);
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
  const worker = scripts.find((name) => name.startsWith('cairn-worker-'));
  if (named.length === 0 || worker === undefined) throw new Error('The built app has no page or no worker');
  const needed = new Set(named.filter((name) => name.endsWith('.css')));
  for (const entry of [...named.filter((name) => name.endsWith('.js')), worker]) importedBy(entry, needed);

  // A service worker would answer from its own copies.
  await page.context().addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'));
  await page.goto(origin);
  await page.getByTestId('member-name').fill('Ada');
  await page.getByTestId('create-space').click();
  await page.getByTestId('list-add').fill('Packing');
  await page.getByTestId('list-add').press('Enter');
  await page.getByTestId('item-add').fill('Tent');
  await page.getByTestId('item-add').press('Enter');
  await page.getByText('Tent').waitFor();

  const context = page.context();
  const address = page.url();
  await page.close();
  /** @type {Set<string>} */
  const heldBack = new Set();
  await context.route('**/assets/*.js', (route) => {
    const name = basename(new URL(route.request().url()).pathname);
    if (needed.has(name)) return route.continue();
    heldBack.add(name);
    return route.abort();
  });
  const fresh = await context.newPage();
  await fresh.goto(address);
  await fresh.getByText('Tent').waitFor();
  await fresh.getByTestId('pill').waitFor();
  // The worker as well has asked for more by now, and did not need it.
  const until = performance.now() + 10_000;
  while (![...heldBack].some((name) => name.startsWith('beyond-rows-'))) {
    if (performance.now() > until) throw new Error('The worker asked for nothing that could be held back');
    await fresh.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }

  const sum = (/** @type {Iterable<string>} */ paths) =>
    [...paths].reduce((total, path) => total + kilobytesOf(path), 0);
  return {
    kilobytes: sum(['index.html', ...[...needed].map((name) => `assets/${name}`)]),
    later: sum(scripts.filter((name) => !needed.has(name)).map((name) => `assets/${name}`)),
  };
}
