/**
 * What the pill claims of a relay that dies and comes back, on a page that is seen and where nobody does anything: "Up to
 * date" is taken back soon after it stops being known, and comes back soon after it is true again (APP-1). A relay that hangs takes
 * a minute to be found out: that test is one over virtual time, in tests/sync/cycle.
 */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { App } from './app.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { until } from './waiting.ts';

/** Waits until the pill's reasons fit; says how long that took. */
async function becomes(app: App, what: string, fits: (reasons: string[]) => boolean, most: number) {
  const from = performance.now();
  await until(what, () => app.reasons(), fits, most);
  console.log(`${what} after ${Math.round(performance.now() - from)} ms`);
}

/** Between two cycles of a device where nothing happens; a look that comes sooner was asked for by something. */
const idleMs = 30_000;
/** The longest wait of a page that is seen. */
const seenMs = 15_000;
/** For what a machine does that has other things to do; how soon a free one is done is printed. */
const slackMs = 10_000;

const isUpToDate = (reasons: readonly string[]): boolean => reasons.length === 0;
/** Under way is no claim; that something is wrong has to be said. */
const isNamed = (reasons: readonly string[]): boolean =>
  reasons.includes('offline') || reasons.includes('relay-error');

describe('an idle page that someone sees', () => {
  let relay: RelayProcess;
  let ada: App;

  beforeAll(async () => {
    relay = await RelayProcess.start();
    ada = new App(await Profile.open(relay));
    await ada.createSpace('Ada');
    await ada.addList('Provisions');
    await ada.upToDate();
  });
  afterAll(async () => {
    await ada?.profile.dispose();
    await relay?.dispose();
  });

  test('APP-1, PUSH-15: says so as soon as a relay dies, and is up to date within the wait of who looks after its return', async () => {
    // A cycle has just been, so the next one that comes by its own time is far off.
    await ada.addItem('just now');
    await ada.upToDate();
    await relay.kill();
    await becomes(ada, 'the death is named', isNamed, idleMs - slackMs);
    // Long enough for the waits to have grown: several tries have failed.
    const tries = ada.profile.network.requests.length;
    await until(
      'several tries',
      () => ada.profile.network.requests.length,
      (count) => count >= tries + 4,
      60_000,
    );
    await relay.start();
    await becomes(ada, 'up to date again', isUpToDate, seenMs + slackMs);
  });
});
