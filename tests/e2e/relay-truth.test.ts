/**
 * What the pill claims of a relay that dies and comes back, on a page that is seen and where nobody does anything: "Up to
 * date" is taken back soon after it stops being known, and comes back soon after it is true again (APP-1). A relay that hangs takes
 * a minute to be found out: that test is one over virtual time, in tests/sync/cycle.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { App } from './app.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { until } from './waiting.ts';

/** How long the pill's reasons take to become such that they fit, milliseconds. */
async function taken(
  app: App,
  what: string,
  fits: (reasons: string[]) => boolean,
  most: number,
): Promise<number> {
  const from = performance.now();
  await until(what, () => app.reasons(), fits, most);
  return performance.now() - from;
}

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

  test('APP-1, PUSH-15: says so within 5 s of a relay’s death, and is up to date within 16 s of its return', async () => {
    await relay.kill();
    expect(await taken(ada, 'the death is named', isNamed, 5_000)).toBeLessThan(5_000);
    // Long enough for the waits to have grown: several tries have failed.
    const tries = ada.profile.network.requests.length;
    await until(
      'several tries',
      () => ada.profile.network.requests.length,
      (count) => count >= tries + 4,
      60_000,
    );
    await relay.start();
    expect(await taken(ada, 'up to date again', isUpToDate, 16_000)).toBeLessThan(16_000);
  });
});
