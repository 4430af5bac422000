/**
 * Every state of sync, brought about by its real cause: what the pill says then, what the panel says, and what a screen reader is told
 * (APP-3, APP-12); "Not secure" is in `first-run`, a reader's and a lost space's screens are in `screens` and `storage`. One relay, Ada and Ben each behind a relay that can be made to lie, and the stories one after the other.
 */
import { rm } from 'node:fs/promises';
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  decodeChangesAnswer,
  decodeEntriesAppend,
  decodeReadAnswer,
  encodeChangesAnswer,
  encodeReadAnswer,
} from '../../src/format/wire.ts';
import { byteFaults } from '../hostile/bytes.ts';
import { logFaults } from '../hostile/logs.ts';
import { type Fault, HostileProxy, send } from '../hostile/proxy.ts';
import { refusalFaults } from '../hostile/refusals.ts';
import { App, converged } from './app.ts';
import { look } from './look.ts';
import { appends, reads } from './network.ts';
import { Profile } from './profile.ts';
import { RelayProcess } from './relay-process.ts';
import { until } from './waiting.ts';

const list = 'Trips';

/** A person's device whose relay can be made to lie. */
class Device extends App {
  readonly proxy: HostileProxy;

  constructor(profile: Profile, proxy: HostileProxy) {
    super(profile);
    this.proxy = proxy;
  }

  /** Notes from the next page on what screen readers are told, and each word that the pill shows. */
  async listen(): Promise<void> {
    await this.profile.context.addInitScript(() => {
      const said: string[] = [];
      const words: string[] = [];
      Object.assign(window, { testSaid: said, testWords: words });
      const note = (into: string[], selector: string): void => {
        const text = document.querySelector(selector)?.textContent;
        if (text && into.at(-1) !== text) into.push(text);
      };
      new MutationObserver(() => {
        note(said, '[data-testid="announcement"]');
        note(words, '.pill-word');
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
  }

  async noted(what: 'testSaid' | 'testWords'): Promise<readonly string[]> {
    return this.page.evaluate((name): string[] => Reflect.get(window, name), what);
  }

  async openPanel(): Promise<void> {
    if ((await this.page.getByTestId('sync-panel').count()) === 0)
      await this.page.getByTestId('pill').click();
    await this.page.getByTestId('devices-panel').waitFor();
  }

  async state(): Promise<{ pill: string; panel: string; said: string }> {
    const text = (selector: string) =>
      this.page.evaluate((at) => document.querySelector(at)?.textContent ?? '', selector);
    const [pill, panel, said] = await Promise.all([
      text('.pill-word'),
      text('[data-testid="reasons"]'),
      text('[data-testid="announcement"]'),
    ]);
    return { pill, panel, said };
  }

  /** Waits until the pill, the panel and the announcement all say it. */
  async shows(expected: State): Promise<void> {
    await this.openPanel();
    const seen: string[] = [];
    const isSo = ({ pill, panel, said }: State2): boolean =>
      pill === expected.pill &&
      expected.panel.every((words) => panel.includes(words)) &&
      said === expected.said;
    const look = async (): Promise<State2> => {
      const state = await this.state();
      const text = JSON.stringify(state);
      if (seen.at(-1) !== text) seen.push(text);
      return state;
    };
    await until(`it says ${expected.pill}`, look, isSo, 30_000).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\n${seen.join('\n')}`);
    });
    await this.#lookOnce(`state-${expected.pill.toLowerCase().replaceAll(' ', '-')}`);
  }

  /** Each state that lasts is looked at as the other screens are. */
  async #lookOnce(name: string): Promise<void> {
    if (looked.has(name) || passing.has(name)) return;
    looked.add(name);
    wrong.push(...(await look(this.page, name)));
  }

  async protocol(): Promise<CDPSession> {
    return this.profile.context.newCDPSession(this.page);
  }
}

/** States that were looked at, and what was wrong with them. */
const looked = new Set<string>();
const wrong: string[] = [];
/** They are over before one has looked. */
const passing = new Set(['state-syncing', 'state-joined', 'state-joining']);

interface State {
  /** The pill's word. */
  readonly pill: string;
  /** What the panel says among other things. */
  readonly panel: readonly string[];
  /** What a screen reader was told last. */
  readonly said: string;
}
type State2 = Awaited<ReturnType<Device['state']>>;

let relay: RelayProcess;
let ada: Device;
let ben: Device;
const others: Device[] = [];
const copies: string[] = [];

/** Time as it is. */
const wait = async (ms: number): Promise<void> => {
  const end = performance.now() + ms;
  await until('a pause', () => performance.now() >= end, Boolean, ms + 10_000);
};

async function device(): Promise<Device> {
  const proxy = await HostileProxy.open(relay.port, wait);
  const made = new Device(await Profile.open(relay, proxy.port), proxy);
  others.push(made);
  await made.listen();
  return made;
}

beforeAll(async () => {
  relay = await RelayProcess.start();
  [ada, ben] = [await device(), await device()];
});
afterAll(async () => {
  for (const { profile, proxy } of others) {
    await profile.dispose();
    await proxy.close();
  }
  await relay?.dispose();
  for (const copy of copies) await rm(copy, { recursive: true, force: true });
});

const faults = [...byteFaults(), ...logFaults({ members: [], heads: [], entries: [] }), ...refusalFaults()];

function fault(name: string): Fault {
  const found = faults.find((one) => one.name === name);
  if (found === undefined) throw new Error(`No fault ${name}`);
  return found;
}

test('APP-1, APP-3, APP-4, APP-12: a space made offline says offline, only here and not yet synced; then syncing, and when it is up to date', async () => {
  const { network } = ada.profile;
  await ada.profile.goto('/');
  await ada.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await ada.profile.goOffline();
  await ada.createSpace('Ada');
  await ada.addList(list);
  await ada.shows({
    pill: 'Offline',
    panel: [
      'There is no connection to the server.Go on working: everything is saved on this computer',
      'The server does not know this space yet: it is only on this computer.It is sent with the next connection.',
      'Nothing has been compared with the server yet.',
      '1 change is only on this computer.Nothing to do: it is sent by itself.',
    ],
    said: 'Offline. There is no connection to the server. 1 change only on this computer.',
  });
  expect(await ada.page.getByTestId('who-has').textContent()).toContain('On the servernothing of yours yet');
  const stopped = network.stopAt(appends, 'before-relay');
  await ada.profile.goOnline();
  await stopped;
  await ada.shows({
    pill: 'Syncing',
    panel: ['Changes are on their way.', '1 change is only on this computer.'],
    said: 'Syncing. Changes are on their way. 1 change only on this computer.',
  });
  // The network goes, and no browser says so.
  network.cut();
  await ada.shows({
    pill: 'Offline',
    panel: ['There is no connection to the server.', 'The last try did not succeed; the next one is '],
    said: 'Offline. There is no connection to the server. 1 change only on this computer.',
  });
  network.restore();
  await ada.shows({
    pill: 'Up to date',
    panel: ['All your changes are on the server, and everything that is there is here.'],
    said: 'Up to date.',
  });
  expect(await ada.page.locator('.pill-time').textContent()).toMatch(/^as of \d\d:\d\d$/);
  await ada.openList(list);
  await ada.addItem('Rope');
  await ada.upToDate();
  // For the moment before it is sent.
  expect(await ada.noted('testWords')).toContain('Saved here');
});

test('APP-3, APP-12: who joins is told that the rest arrives, then that nobody else was seen to know, and then that all is well', async () => {
  const link = await ada.invite();
  await ada.page.goto('about:blank');
  const stopped = ben.profile.network.stopAt(reads, 'before-relay');
  await ben.join(link, 'Ben');
  await stopped;
  await ben.shows({
    pill: 'Joining',
    panel: ['You have joined; what the others wrote is arriving.'],
    said: 'Joining. You have joined; what the others wrote is arriving.',
  });
  ben.profile.network.cut();
  ben.profile.network.restore();
  await ben.shows({
    pill: 'Joined',
    panel: [
      'You have joined; no other device has been seen to know it yet.It is confirmed as soon as a device',
    ],
    said: 'Joined. You have joined; no other device has been seen to know it yet.',
  });
  await ada.open();
  await ben.shows({
    pill: 'Up to date',
    panel: ['All your changes are on the server, and everything that is there is here.'],
    said: 'Up to date.',
  });
});

test.each([
  ['garbage, of /changes', 'Server trouble', 'The server answered, but not as it should.', 'It was not used'],
  ['500 internal, of /changes', 'No answer', 'The server does not answer.', 'not ready right now'],
  [
    '429 rate-limited, of /changes',
    'Slowed down',
    'The server asked this device to slow down.',
    'in a moment',
  ],
])('APP-3, APP-12: under %s it says "%s"', async (name, pill, means, panel) => {
  await ada.upToDate();
  ada.proxy.fail(fault(name));
  await ada.syncNow();
  await ada.shows({ pill, panel: [panel, 'The last try did not succeed'], said: `${pill}. ${means}` });
  ada.proxy.heal();
  await ada.syncNow();
  await ada.upToDate();
});

test('APP-2, APP-3, APP-12: what the server does not deliver is held, and its device is not said to be all here', async () => {
  ada.proxy.fail(fault('entries with a bit flipped'));
  await ben.openList(list);
  await ben.addItem('Stove');
  await ben.upToDate();
  await ada.syncNow();
  await ada.shows({
    pill: 'Held',
    panel: ['Ben’s computer has written more than the server delivers.It is tried again by itself'],
    said: 'Held. Newer changes of Ben’s computer cannot be taken yet.',
  });
  const row = ada.page.getByTestId('device-row').filter({ hasText: 'Ben’s' });
  expect(await row.textContent()).not.toContain('all here');
  expect(await row.textContent()).toContain('Waiting since ');
  ada.proxy.heal();
  await ben.addItem('Gas');
  await converged(ada, ben);
});

test('APP-2, APP-3: what has come in part is told with how much is still to arrive, and from whom', async () => {
  ada.profile.network.cut();
  await ben.openList(list);
  for (const title of ['Map', 'Compass', 'Whistle']) {
    await ben.addItem(title);
    await ben.upToDate();
  }
  let asked = 0;
  ada.proxy.fail({
    name: 'the first entry, and then no more',
    paths: ['/entries/read'],
    ends: [],
    answer: async (exchange) => {
      asked += 1;
      if (asked > 1) {
        exchange.reply.destroy();
        return;
      }
      const answer = await exchange.honest();
      const logs = decodeReadAnswer(answer.body).logs.map((log) => ({
        ...log,
        entries: log.entries.slice(0, 1),
      }));
      await send(exchange, { ...answer, body: encodeReadAnswer({ logs }) });
    },
  });
  ada.profile.network.restore();
  await ada.shows({
    pill: 'Offline',
    panel: [
      'There is no connection to the server.',
      '2 batches of changes are still to arrive, from Ben’s computer.',
    ],
    said: 'Offline. There is no connection to the server.',
  });
  const row = ada.page.getByTestId('device-row').filter({ hasText: 'Ben’s' });
  expect(await row.textContent()).toContain('2 batches to come');
  ada.proxy.heal();
  await ada.syncNow();
  await ada.upToDate();
});

test('APP-3, APP-12: a clock that is wrong is told with how much and which way', async () => {
  const worker = await ada.profile.worker();
  const shift = (byMs: number) =>
    worker.evaluate((ms) => {
      const { now } = Date;
      Date.now = () => now() + ms;
    }, byMs);
  for (const [hours, way] of [
    [2, 'ahead of'],
    [-3, 'behind'],
  ] as const) {
    await shift(hours * 3_600_000);
    await ada.syncNow();
    const means = `The clock of this computer is ${Math.abs(hours) * 60} minutes ${way} the server’s.`;
    await ada.shows({
      pill: 'Clock wrong',
      panel: [`${means}Set the date and time of this device to automatic.`],
      said: `Clock wrong. ${means}`,
    });
    await shift(-hours * 3_600_000);
  }
  await ada.syncNow();
  await ada.upToDate();
});

test('APP-1, APP-12: what a broken device wrote and nobody can read is named beside "Up to date"', async () => {
  const worker = await ben.profile.worker();
  await worker.evaluate(() => {
    const { encrypt } = SubtleCrypto.prototype;
    let broken: string | null = null;
    SubtleCrypto.prototype.encrypt = function (this: SubtleCrypto, how, key, plain) {
      // The same one comes out the same whenever it is sealed.
      const nonce = String(Reflect.get(Object(how), 'iv'));
      broken ??= nonce;
      const body = nonce === broken ? new Uint8Array(plain.byteLength).fill(0xff) : plain;
      return encrypt.call(this, how, key, body);
    };
  });
  await ben.openList(list);
  await ben.addItem('Broken on the way out');
  await ben.upToDate();
  await ada.shows({
    pill: 'Up to date',
    panel: [
      'All your changes are on the server, and all that can be read there is here.',
      '1 batch of changes of Ben’s computer cannot be read by anyone and is left out.Ask its owner to write that again.',
    ],
    said: 'Up to date. 1 batch of changes is left out.',
  });
});

test('APP-3, APP-12: a server that came back with less than it had is named, and nothing more is sent to it', async () => {
  const before = await relay.restartFrom(null);
  copies.push(before);
  await ada.openList(list);
  await ada.addItem('Lamp');
  await ada.upToDate();
  const now = await relay.restartFrom(before);
  copies.push(now);
  await ada.syncNow();
  await ada.openList(list);
  await ada.addItem('Written after the loss');
  await ada.shows({
    pill: 'Held',
    panel: [
      'The server shows older changes of Ada’s computer than are here. Ours stay.The server has lost some of what it had. Erase nothing on this device',
      '1 change is only on this computer. What the server shows of your changes does not fit what is here, so nothing more is sent.',
    ],
    said: 'Held. The server has lost some of what it had. 1 change only on this computer.',
  });
  const hasOurs = await ada.page.getByTestId('who-has').textContent();
  expect(hasOurs).toContain('On the serverThe server has lost some of what it had');
  copies.push(await relay.restartFrom(now));
  await ada.syncNow();
  await ada.shows({
    pill: 'Up to date',
    panel: ['All your changes'],
    said: 'Up to date. 1 batch of changes is left out.',
  });
});

test('APP-3, APP-12: what a newer version of the app wrote needs an update, and says of whom', async () => {
  const { page } = ben;
  const session = await ben.protocol();
  await session.send('Network.enable');
  await session.send('Network.setBypassServiceWorker', { bypass: true });
  // Ben's app is of a build with another schema, which only its own kind may read.
  await page.route('**/assets/*.js', async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace(
      'version:1,tables:{lists:',
      'version:2,readableSince:2,tables:{lists:',
    );
    await route.fulfill({ response: answer, body });
  });
  await ben.reload();
  await ben.openList(list);
  await ben.addItem('Drone');
  await ben.upToDate();
  await ada.shows({
    pill: 'Update needed',
    panel: [
      'Ben’s computer uses a newer version of Cairn, and some changes cannot be read by this one.Reload to get the new version.',
      'Ben’s computer uses a newer version of Cairn.Reload to update; its changes are then read.',
    ],
    said: 'Update needed. Ben’s computer uses a newer version of Cairn, and some changes cannot be read by this one.',
  });
});

test('APP-3, APP-12: a copied profile that goes on by itself is a device with two stories: itself and others say forked', async () => {
  await ben.profile.kill();
  const proxy = await HostileProxy.open(relay.port, wait);
  const copy = new Device(await ben.profile.copy(proxy.port), proxy);
  others.push(copy);
  await copy.listen();
  await ben.profile.launch();
  await ben.open();
  await ben.upToDate();
  await copy.open();
  await copy.openList(list);
  const appended = copy.profile.network.record(appends);
  const stopped = copy.profile.network.stopAt(appends, 'before-relay');
  await copy.addItem('By the copy');
  await stopped;
  await ben.openList(list);
  await ben.addItem('By the original');
  await ben.upToDate();
  copy.profile.network.cut();
  copy.profile.network.restore();
  await copy.shows({
    pill: 'Forked',
    panel: [
      'Ben’s computer has told two different stories about its own changes. Nothing more is taken from it.An admin should remove',
      '1 change is only on this computer. What the server shows of your changes does not fit what is here',
    ],
    said: 'Forked. Newer changes of Ben’s computer cannot be taken yet. 1 change only on this computer.',
  });
  // A relay that shows Ada the other story as well.
  const { head } = decodeEntriesAppend(new Uint8Array(appended[0] ?? []));
  const other: Fault = {
    name: 'the head of the copy',
    paths: ['/changes'],
    ends: [],
    answer: async (exchange) => {
      const answer = await exchange.honest();
      if (answer.status !== 200) return send(exchange, answer);
      const changes = decodeChangesAnswer(answer.body);
      await send(exchange, {
        ...answer,
        body: encodeChangesAnswer({ ...changes, heads: [...changes.heads, head] }),
      });
    },
  };
  await ada.syncNow();
  ada.proxy.fail(other);
  await ada.syncNow();
  await ada.shows({
    pill: 'Forked',
    panel: [
      'Ben’s computer has told two different stories about its own changes. Nothing more is taken from it.',
    ],
    said: 'Forked. Newer changes of Ben’s computer cannot be taken yet.',
  });
});

test('APP-3, APP-12: storage that fails, and storage that the browser has deleted under the open app, are each said', async () => {
  const worker = await ben.profile.worker();
  await worker.evaluate(() => {
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = () => {
      throw new DOMException('Internal error opening backing store', 'UnknownError');
    };
    Object.assign(globalThis, { testMend: () => Object.assign(IDBDatabase.prototype, { transaction }) });
  });
  await ben.openList(list);
  await ben.typeItem('Nowhere');
  await ben.shows({
    pill: 'Storage broken',
    panel: ['The browser cannot read or write its storage.Close all tabs of Cairn and open it again.'],
    said: 'Storage broken. The browser cannot read or write its storage.',
  });
  await worker.evaluate(() => Reflect.get(globalThis, 'testMend')());
  const session = await ben.protocol();
  await session.send('Storage.clearDataForOrigin', { origin: relay.origin, storageTypes: 'indexeddb' });
  await ben.shows({
    pill: 'Storage lost',
    panel: ['The browser has deleted what was kept on this computer.What was on the server can come back'],
    said: 'Storage lost. The browser has deleted what was kept on this computer.',
  });
});

test('APP-3, APP-12: a full disk is said, with what to do', async () => {
  const [, , copy] = others;
  if (copy === undefined) throw new Error('No copy');
  // A browser that runs has counted the room it may use; one that has just been started counts anew.
  await copy.profile.kill();
  await copy.profile.launch();
  await copy.listen();
  const session = await copy.protocol();
  await session.send('Storage.overrideQuotaForOrigin', { origin: relay.origin, quotaSize: 1 });
  await copy.open();
  await copy.openList(list);
  await copy.typeItem('Too much');
  await copy.shows({
    pill: 'Storage full',
    panel: [
      'There is no room left on this computer: new changes cannot be saved.Free some space on the device',
    ],
    said: 'Storage full. There is no room left on this computer: new changes cannot be saved. 1 change only on this computer.',
  });
  expect(await copy.page.getByTestId('storage').textContent()).toContain(
    'used, and the browser takes no more.',
  );
});

test('APP-4, APP-12: each of these states passes axe on a phone and on a desk, in both themes, in plain words', () => {
  expect(looked.size).toBeGreaterThan(7);
  expect(wrong).toEqual([]);
});

test('APP-18: none of it was an error that nobody handled', () => {
  expect(others.flatMap(({ profile }) => profile.errors)).toEqual([]);
});
