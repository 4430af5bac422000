/**
 * Looks at what a page shows as its people will: on a phone and on a desk, light and dark. Each time axe finds no violation of WCAG 2.2 A and AA
 * or of its own good practice, and nothing is wider than the screen. With SCREENS=write the screenshots go to docs/screens, as the visual record.
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const folder = fileURLToPath(new URL('../../docs/screens/', import.meta.url));
const writes = process.env.SCREENS === 'write';

const sizes = [
  { size: 'phone', viewport: { width: 375, height: 667 } },
  { size: 'desk', viewport: { width: 1200, height: 750 } },
] as const;
const schemes = ['light', 'dark'] as const;

/** Looks at the page in all ways; gives what is wrong, in words, with the name of the state. The viewport is then as it was. */
export async function look(page: Page, name: string): Promise<string[]> {
  const before = page.viewportSize();
  const faults: string[] = [];
  for (const { size, viewport } of sizes) {
    await page.setViewportSize(viewport);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      // A drawing later everything stands where it will.
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      const where = `${name}, ${size}, ${colorScheme}`;
      faults.push(...(await violations(page)).map((fault) => `${where}: ${fault}`));
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > viewport.width) faults.push(`${where}: ${width - viewport.width} px wider than the screen`);
      if (writes) {
        await mkdir(folder, { recursive: true });
        await page.screenshot({ path: `${folder}${name}-${size}-${colorScheme}.png` });
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  if (before !== null) await page.setViewportSize(before);
  return faults;
}

async function violations(page: Page): Promise<string[]> {
  // By the debugging protocol, which the Content-Security-Policy does not concern.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async (): Promise<AxeResults['violations']> => {
    // Put there by the line above.
    const { axe: here } = window as unknown as { axe: typeof axe };
    const { violations } = await here.run(document, {
      rules: { 'label-content-name-mismatch': { enabled: false } },
      resultTypes: ['violations'],
    });
    return violations;
  });
  return found.map(
    ({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}
