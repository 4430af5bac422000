/**
 * Processes killed at exact points: a browser frozen in the middle of one journal record and then killed with SIGKILL,
 * one killed with its request before or behind the relay, and the relay killed while devices append. After each, sync
 * completes without help, nothing acknowledged is missing, nothing is there twice.
 */
import { describe, expect, test } from 'vitest';
import { App, converged } from './app.ts';
import { appends, type Matches, type Side } from './network.ts';
import { armKillPoint, type KillPoint, Profile } from './profile.ts';
import type { RelayProcess } from './relay-process.ts';
import { withTwoDevices } from './two-devices.ts';

const list = 'Provisions';

describe('a device killed in the middle', () => {
  let a: App;
  let b: App;
  /** Titles that must be in the list at the end of each test. */
  const expected = new Set<string>();

  withTwoDevices(async (two) => {
    ({ a, b } = two);
    await a.createSpace('Ada');
    await a.addList(list);
    await a.upToDate();
    await b.join(await a.invite(), 'Ben');
    await converged(a, b);
    await b.openList(list);
  });

  /** Kills the browser of a device, starts it again, and waits until both devices agree with no one's help. */
  async function killAndRecover(app: App): Promise<void> {
    await app.profile.kill();
    await app.profile.launch();
    await app.open();
    await converged(a, b);
    for (const device of [a, b]) {
      await device.openList(list);
      await expect.poll(() => device.itemTitles()).toEqual([...expected].sort());
    }
  }

  const points = ['before-add', 'in-transaction', 'after-commit'] as const;
  const whens = points.map((when) => [when] as const);

  test.for(whens)(
    'PUSH-1, STORE-1: killed %s of a local change, all of it is here or none',
    async ([when]) => {
      await a.openList(list);
      const title = `local ${when}`;
      const { reached } = await armKillPoint(a.profile, { kind: 'local', when });
      await a.typeItem(title);
      await reached;
      if (when === 'after-commit') expected.add(title);
      await killAndRecover(a);
    },
  );

  const pushing: readonly KillPoint[] = ['sealed', 'sent', 'acknowledged'].flatMap((kind) =>
    points.map((when) => ({ kind, when })),
  );
  test.for(pushing)(
    'PUSH-3, PUSH-2: killed $when of the record `$kind`, the change arrives once',
    async (point) => {
      await a.openList(list);
      const title = `${point.kind} ${point.when}`;
      const { reached } = await armKillPoint(a.profile, point);
      await a.typeItem(title);
      await reached;
      expected.add(title);
      await killAndRecover(a);
    },
  );

  const requests: readonly (readonly [string, Matches, Side])[] = [
    ['its entries leave it', appends, 'before-relay'],
    ['the relay has taken them and it has not heard', appends, 'after-relay'],
  ];
  test.for(requests)(
    'PUSH-5, PUSH-4: killed as %s, the same bytes are sent again and stand once',
    async ([name, matches, side]) => {
      await a.openList(list);
      const title = `as ${name}`;
      const stopped = a.profile.network.stopAt(matches, side);
      await a.typeItem(title);
      await stopped;
      expected.add(title);
      await killAndRecover(a);
    },
  );

  test.for(whens)(
    'PULL-15, STORE-1: killed %s of applying what another wrote, it is applied once',
    async ([when]) => {
      const title = `applied ${when}`;
      const { reached } = await armKillPoint(b.profile, { kind: 'applied', when });
      await a.openList(list);
      await a.addItem(title);
      await reached;
      expected.add(title);
      await killAndRecover(b);
    },
  );

  test('PUSH-2, STORE-1: a tab that crashes with a change unsent: a new tab of that browser sends it', async () => {
    await a.openList(list);
    a.profile.network.cut();
    await a.addItem('before the crash');
    expected.add('before the crash');
    await a.profile.crashTab();
    a.profile.network.restore();
    await a.open();
    await converged(a, b);
    for (const device of [a, b]) {
      await device.openList(list);
      await expect.poll(() => device.itemTitles()).toEqual([...expected].sort());
    }
  });

  test('STORE-2: nothing was doubled: every row is there once and no error went unhandled', async () => {
    expect((await a.rows()).shown).toBe(expected.size + 1);
    expect((await b.rows()).shown).toBe(expected.size + 1);
    expect([...a.profile.errors, ...b.profile.errors]).toEqual([]);
  });
});

describe('a relay killed while devices append', () => {
  let relay: RelayProcess;
  let a: App;
  let b: App;

  withTwoDevices(async (two) => {
    ({ relay, a, b } = two);
    await a.createSpace('Ada');
    await a.addList(list);
    await a.upToDate();
    await b.join(await a.invite(), 'Ben');
    await converged(a, b);
    await b.openList(list);
  });

  test('RELAY-10, PUSH-2: what it acknowledged is there after each SIGKILL, and the rest follows by itself', async () => {
    const expected: string[] = [];
    for (let round = 1; round <= 5; round++) {
      for (const app of [a, b]) await app.openList(list);
      const arrived = [a, b].map((app) => app.profile.network.passes(appends));
      for (const [app, name] of [
        [a, 'A'],
        [b, 'B'],
      ] as const) {
        const title = `${name} ${round}`;
        expected.push(title);
        await app.addItem(title);
      }
      // The first append is with the relay now, written or not, answered or not.
      await Promise.race(arrived);
      await relay.kill();
      await a.addItem(`A ${round} without a relay`);
      expected.push(`A ${round} without a relay`);
      await relay.start();
    }
    await converged(a, b);
    for (const app of [a, b]) {
      await app.openList(list);
      await expect.poll(() => app.itemTitles()).toEqual([...expected].sort());
    }
    expect([...a.profile.errors, ...b.profile.errors]).toEqual([]);
  });

  test('RELAY-10: a newcomer gets from the relay alone all that the others were told it holds', async () => {
    await a.upToDate();
    const link = await a.invite();
    const digest = await a.digest();
    const rows = await a.rows();
    await relay.kill();
    await relay.start();
    await a.profile.kill();
    await b.profile.kill();
    const c = new App(await Profile.open(relay));
    try {
      await c.join(link, 'Cleo');
      await expect.poll(() => c.rows(), { timeout: 60_000 }).toEqual(rows);
      expect(await c.digest()).toBe(digest);
    } finally {
      await c.profile.dispose();
    }
  });

  test('RELAY-10: told to end, it ends by itself with code 0', async () => {
    expect(await relay.stop()).toBe(0);
    await relay.start();
  });
});
