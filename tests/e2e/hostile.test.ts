/** Two browsers behind relays that lie: what the app says then, what it takes in memory, and how it gets well without a reload. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { byteFaults } from '../hostile/bytes.ts';
import { logFaults } from '../hostile/logs.ts';
import { paceFaults } from '../hostile/pace.ts';
import { type Fault, HostileProxy } from '../hostile/proxy.ts';
import { refusalFaults } from '../hostile/refusals.ts';
import { sizeFaults } from '../hostile/sizes.ts';
import { streamFaults } from '../hostile/streams.ts';
import { App, converged } from './app.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { rendererBytes } from './renderer-memory.ts';
import { syncMs, until } from './waiting.ts';

const mebibyte = 1024 ** 2;
const mostAboveIdle = 64 * mebibyte;
/** A part of what is poured is 64 KiB: memory is looked at every 8 MiB of it. */
const partsBetweenLooks = 128;

const faults = [
  ...byteFaults(),
  ...logFaults({ members: [], heads: [], entries: [] }),
  ...refusalFaults(),
  ...paceFaults(),
  ...sizeFaults(),
  ...streamFaults(),
];

function fault(name: string): Fault {
  const found = faults.find((one) => one.name === name);
  if (found === undefined) throw new Error(`No fault ${name}`);
  return found;
}

/** Time as it is. */
const wait = async (ms: number): Promise<void> => {
  const end = performance.now() + ms;
  await until('a pause', () => performance.now() >= end, Boolean, ms + 10_000);
};

class Party {
  readonly app: App;
  readonly proxy: HostileProxy;

  private constructor(app: App, proxy: HostileProxy) {
    this.app = app;
    this.proxy = proxy;
  }

  static async open(relay: RelayProcess): Promise<Party> {
    const proxy = await HostileProxy.open(relay.port, wait);
    return new Party(new App(await Profile.open(relay, proxy.port)), proxy);
  }

  async dispose(): Promise<void> {
    await this.app.profile.dispose();
    await this.proxy.close();
  }

  /** The pill's word, and what the panel says. */
  async words(): Promise<{ pill: string; panel: string }> {
    const { page } = this.app;
    const pill = await page.locator('.pill-word').textContent();
    const panel = await page.getByTestId('reasons').textContent();
    return { pill: pill ?? '', panel: panel ?? '' };
  }
}

let relay: RelayProcess;
let ada: Party;
let ben: Party;
let items = 0;
const peaks: string[] = [];

beforeAll(async () => {
  relay = await RelayProcess.start();
  [ada, ben] = await Promise.all([Party.open(relay), Party.open(relay)]);
  await ada.app.createSpace('Ada');
  await ada.app.addList('Trips');
  const link = await ada.app.invite();
  await ben.app.join(link, 'Ben');
  await converged(ada.app, ben.app);
});
afterAll(async () => {
  await ada?.dispose();
  await ben?.dispose();
  await relay?.dispose();
});

async function writeBy(party: Party): Promise<string> {
  const title = `item ${items++}`;
  await party.app.openList('Trips');
  await party.app.addItem(title);
  return title;
}

/** The most that Ada's pages and worker take above idle while `work` goes on. */
async function peakAboveIdle(what: string, work: () => Promise<void>): Promise<number> {
  const { app, proxy } = ada;
  const idle = rendererBytes(app.profile);
  let peak = idle;
  let parts = 0;
  const look = (): void => {
    peak = Math.max(peak, rendererBytes(app.profile));
  };
  proxy.onPart = () => {
    if (parts++ % partsBetweenLooks === 0) look();
  };
  await work();
  look();
  proxy.onPart = () => undefined;
  peaks.push(`${((peak - idle) / mebibyte).toFixed(1)} MiB above ${(idle / mebibyte).toFixed(0)}: ${what}`);
  return peak - idle;
}

const notUsed = 'It was not used';

test.each([
  ['a gibibyte, of /changes', 'Server trouble', notUsed],
  ['a bomb of gzip, of /changes', 'Server trouble', notUsed],
  ['garbage, of /changes', 'Server trouble', notUsed],
  ['410 without a problem, of /changes', 'Server trouble', notUsed],
  ['500 internal, of /changes', 'No answer', 'not ready right now'],
  ['429 rate-limited, of /changes', 'Slowed down', 'slow down'],
])(
  'RELAY-8, APP-1, PULL-3: under %s the app says "%s" and why, takes no more than 64 MB, and heals without a reload',
  async (name, word, why) => {
    const { app, proxy } = ada;
    const above = await peakAboveIdle(name, async () => {
      proxy.fail(fault(name));
      await app.syncNow();
      await until(
        'the fault was met',
        () => proxy.met,
        (met) => met.includes(name),
      );
    });
    const { pill, panel } = await ada.words();
    expect(pill).toBe(word);
    expect(panel).toContain(why);
    expect(above).toBeLessThan(mostAboveIdle);
    proxy.heal();
    await app.syncNow();
    await app.upToDate();
  },
);

test('PULL-1, PULL-8, APP-1: entries that are not the signed ones are held and shown as such, and come when they are', async () => {
  const { app, proxy } = ada;
  proxy.fail(fault('entries with a bit flipped'));
  const first = await writeBy(ben);
  await app.says('held');
  await app.syncNow();
  expect((await ada.words()).pill).toBe('Held');
  const panel = await app.page.getByTestId('devices-panel').textContent();
  expect(panel).toContain('more than the server delivers');
  // Writing goes on meanwhile, and shows that the list is there.
  const own = await writeBy(ada);
  const titles = await app.itemTitles();
  expect(titles).toContain(own);
  expect(titles).not.toContain(first);
  proxy.heal();
  const second = await writeBy(ben);
  await converged(app, ben.app);
  await app.openList('Trips');
  const isThere = (seen: readonly string[]): boolean =>
    [first, own, second].every((one) => seen.includes(one));
  await until('all items are there', () => app.itemTitles(), isThere);
});

test('RELAY-17, RELAY-8: event streams that break, run on or never stop take no more than 64 MB and cost no data', async () => {
  const { app, proxy } = ada;
  const broken = ['cut in the middle of an event', 'a line without end', 'a gibibyte of comments'];
  let title = '';
  const above = await peakAboveIdle('event streams', async () => {
    for (const name of broken) {
      proxy.fail(fault(name));
      if (name === broken[0]) proxy.drop();
      await until(
        'the stream was opened again',
        () => proxy.met,
        (met) => met.includes(name),
        syncMs,
      );
    }
    title = await writeBy(ben);
    // Without events only a cycle after this tells Ada of it, and the next by itself is half a minute away.
    await ben.app.upToDate();
    await app.syncNow();
  });
  await app.openList('Trips');
  await until(
    'the item came without an event',
    () => app.itemTitles(),
    (titles) => titles.includes(title),
  );
  expect(above).toBeLessThan(mostAboveIdle);
  proxy.heal();
  await app.syncNow();
  await app.upToDate();
});

test('JOIN-21, APP-1: a relay that hangs and one that drips are said not to answer, and both are well when they do', async () => {
  ada.proxy.fail(fault('an answer in drips, of /changes'));
  ben.proxy.fail(fault('no answer, of /changes'));
  const above = await peakAboveIdle('drips', async () => {
    await Promise.all([ada, ben].map(({ app }) => app.syncNow()));
  });
  for (const party of [ada, ben]) {
    const { pill, panel } = await party.words();
    expect(pill).toBe('No answer');
    expect(panel).toContain('did not answer in time');
  }
  expect(above).toBeLessThan(mostAboveIdle);
  for (const { proxy } of [ada, ben]) proxy.heal();
  await Promise.all([ada, ben].map(({ app }) => app.syncNow()));
  await converged(ada.app, ben.app);
  console.log(`Renderer, at most:\n${peaks.join('\n')}`);
  for (const { app } of [ada, ben]) expect(app.profile.errors).toEqual([]);
});
