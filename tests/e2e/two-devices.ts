import { afterAll, beforeAll } from 'vitest';
import { App } from './app.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';

export interface TwoDevices {
  readonly relay: RelayProcess;
  readonly a: App;
  readonly b: App;
}

/** A relay and two devices for the tests of a file or a block: `ready` is handed them before the first test, and after the last they go. */
export function withTwoDevices(ready: (two: TwoDevices) => void | Promise<void>): void {
  let relay: RelayProcess | null = null;
  const profiles: Profile[] = [];
  beforeAll(async () => {
    const started = await RelayProcess.start();
    relay = started;
    const device = async (): Promise<App> => {
      const profile = await Profile.open(started);
      profiles.push(profile);
      return new App(profile);
    };
    await ready({ relay, a: await device(), b: await device() });
  });
  afterAll(async () => {
    for (const profile of profiles) await profile.dispose();
    await relay?.dispose();
  });
}
