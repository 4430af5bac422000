/**
 * Waits until nothing of the page before runs any more: its worker goes on for a moment, and nobody starts an app while it ends.
 * @param {import('playwright-core').Page} page
 */
async function atRest(page) {
  const session = await page.context().newCDPSession(page);
  const deadline = performance.now() + 10_000;
  for (;;) {
    if (performance.now() > deadline) throw new Error('The page before does not end');
    const { targetInfos } = await session.send('Target.getTargets');
    if (
      targetInfos.every(({ type }) => type !== 'worker') &&
      targetInfos.filter(({ type }) => type === 'page').length < 2
    )
      break;
  }
  await session.detach();
}

/** How many rows the space has, and how many of them have to be on the screen. */
const rows = 1000;
const shown = 50;

/**
 * Milliseconds from the start of a navigation until 50 rows of a list are on the screen, without a network: the app comes from its
 * service worker, the rows from the store. The profile has had the app open before; its pages are closed between two starts.
 *
 * @param {import('playwright-core').Page} page an empty page of a profile with nothing stored
 * @param {string} origin of a relay that serves the built app
 * @param {number} runs
 * @returns {Promise<{ours: number, limit: number}[]>}
 */
export async function startToRows(page, origin, runs) {
  const context = page.context();
  // Fifty rows are in view, and not many more.
  const viewport = { width: 1280, height: 2800 };
  await page.setViewportSize(viewport);
  await page.goto(origin);
  await page.getByTestId('member-name').fill('Ada');
  await page.getByTestId('create-space').click();
  await page.getByTestId('list-add').waitFor();
  const lines = Array.from({ length: rows }, (_, i) => `Packing,Thing ${i},Some words about thing ${i}`);
  await page.evaluate(() => {
    location.hash = '#/import';
  });
  await page.getByTestId('csv-file').setInputFiles({
    name: 'packing.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`list,title,note\n${lines.join('\n')}\n`),
  });
  await page.getByTestId('csv-start').click();
  await page.getByTestId('csv-report').waitFor();
  await page.evaluate(() => {
    location.hash = '#/settings';
  });
  await page.locator('[data-testid="offline-ready"][data-state="ready"]').waitFor();
  await page.evaluate(() => {
    location.hash = '#/';
  });
  await page.getByTestId('list-row').getByText('Packing', { exact: true }).click();
  await page.locator(`[data-testid="item-count"][data-all="${rows}"]`).waitFor();
  const address = page.url();
  await context.setOffline(true);

  const measured = [];
  let before = page;
  for (let run = 0; run <= runs; run += 1) {
    const next = await context.newPage();
    await before.close();
    await atRest(next);
    await next.setViewportSize(viewport);
    await next.addInitScript((count) => {
      const look = () => {
        const inView = [...document.querySelectorAll('[data-testid="item-row"]')].filter(
          (row) => row.getBoundingClientRect().bottom <= innerHeight,
        );
        if (inView.length < count) requestAnimationFrame(look);
        // A task after the frame's callbacks begins when the frame was handed to be painted.
        else {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => Object.assign(globalThis, { rowsAt: performance.now() });
          port2.postMessage(null);
        }
      };
      requestAnimationFrame(look);
    }, shown);
    await next.goto(address);
    await next.waitForFunction(() => 'rowsAt' in globalThis);
    const ours = await next.evaluate(() => Number(Reflect.get(globalThis, 'rowsAt')));
    // The first start fills caches that every later one finds.
    if (run > 0) measured.push({ ours, limit: 300 });
    before = next;
  }
  return measured;
}
