/**
 * Looks at what a page shows as its people will: on a phone and on a desk, light and dark. Each time axe finds no violation of WCAG 2.2 A and AA
 * or of its own good practice, nothing is wider than the screen, the Tab key reaches everything that can be used, and no exact term of the design
 * stands outside the fold that explains it. With SCREENS=write the screenshots go to docs/screens, as the visual record.
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
    const terms = await exactTerms(page);
    if (terms.length > 0) faults.push(`${name}, ${size}: says ${terms.join(' | ')}`);
    const missed = await unreached(page);
    if (missed.length > 0) faults.push(`${name}, ${size}: Tab does not reach ${missed.join(' | ')}`);
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

/** Words of the design that people need not know. A space, its members and their devices are what people see as well. */
const exact =
  /\b(logs?|changesets?|entry|entries|ops?|heads?|frontiers?|stamps?|cursors?|journals?|checkpoints?|snapshots?|manifests?|epochs?|beacons?|relays?|tombstones?|replicas?|merkle|digests?)\b/gi;

/** Those that stand outside a fold of exact terms. */
async function exactTerms(page: Page): Promise<string[]> {
  const shown = await page.evaluate(() => {
    const texts: string[] = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
      const { parentElement: around } = node;
      // What people wrote is theirs, and names of files are what they are.
      const isOurs = around?.closest('.exact, .exact-terms, script, style, noscript, bdi, code') === null;
      if (isOurs && around.checkVisibility()) texts.push(node.textContent ?? '');
    }
    return texts;
  });
  return shown.filter((text) => text.search(exact) >= 0);
}

/** Goes through the page with the Tab key as a person does, and gives what can be used and was not reached. */
async function unreached(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    const kinds = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    // A question is asked: what lies under it cannot be used.
    const scope = document.querySelector('dialog[open]') ?? document;
    const usable = [...scope.querySelectorAll<HTMLElement>(kinds)].filter(
      (here) =>
        here.checkVisibility({ visibilityProperty: true }) &&
        !here.matches(':disabled') &&
        // Of a group of radio buttons Tab reaches the chosen one, and arrows the others.
        !(
          here.matches('input[type="radio"]:not(:checked)') &&
          here.closest('fieldset')?.querySelector(':checked')
        ),
    );
    usable.forEach((here, index) => {
      here.dataset.tab = String(index);
    });
    // From the top of the page, whatever had the focus.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    getSelection()?.removeAllRanges();
    return usable.length;
  });
  const reached = new Set<string>();
  let last = '';
  // Some fields have several stops, and the walk may begin in the middle.
  for (let step = 0; step < 3 * count + 5 && reached.size < count; step++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() =>
      document.activeElement instanceof HTMLElement ? (document.activeElement.dataset.tab ?? '') : '',
    );
    if (at !== '' && at !== last) reached.add(at);
    last = at;
  }
  return page.evaluate(
    (known) => {
      const missed: string[] = [];
      for (const here of document.querySelectorAll<HTMLElement>('[data-tab]')) {
        if (!known.includes(here.dataset.tab ?? '')) missed.push(here.outerHTML.slice(0, 120));
        delete here.dataset.tab;
      }
      return missed;
    },
    [...reached],
  );
}

async function violations(page: Page): Promise<string[]> {
  // By the debugging protocol, which the Content-Security-Policy does not concern.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async (): Promise<AxeResults['violations']> => {
    // Put there by the line above.
    const { axe: here } = window as unknown as { axe: typeof axe };
    const { violations } = await here.run(document, {
      resultTypes: ['violations'],
    });
    return violations;
  });
  return found.map(
    ({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}
