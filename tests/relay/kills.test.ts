/**
 * RELAY-10: the relay killed under load. Devices with the whole client (over an IndexedDB in memory) write and sync without a
 * pause; the relay's process is killed with SIGKILL at moments that a seed chooses and started again on the same port and file. What
 * it answered is judged by bytes: each head that it acknowledged has to be the root of the leaf hashes that its file holds.
 */
import 'fake-indexeddb/auto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import { CairnError, defineSchema, type Space, text } from '../../src/client/index.ts';
import { equal, spaceFromText } from '../../src/format/bytes.ts';
import { decodeHead, type Head } from '../../src/format/head.ts';
import { leafHash, rootOf } from '../../src/format/merkle.ts';
import { decodeEntriesAppend } from '../../src/format/wire.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import type { StartRequest } from '../../src/worker/protocol.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { runSeed } from '../property.ts';
import { Random } from '../sim/random.ts';
import { Origin } from '../worker/origin.ts';
import { Built, RelayProcess } from './process.ts';

/** KILLS=1000 in the environment runs more of them. */
const kills = Number(process.env.KILLS ?? 50);
const writers = 3;

const schema = defineSchema({
  version: 1,
  tables: { notes: { title: text(), body: text({ default: '' }) } },
});
type Notes = Space<typeof schema>;

let built: Built;
let relay: RelayProcess;

beforeAll(async () => {
  built = await Built.make();
  relay = await RelayProcess.start(built);
}, 120_000);

afterAll(async () => {
  await relay?.dispose();
  await built?.remove();
});

/** What a device may meet while there is no relay. */
const awayCodes: readonly string[] = ['offline', 'timeout', 'unavailable', 'bad-answer', 'rate-limited'];

/** One turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everything that devices send, and the moment at which the relay is killed for it. */
class Wire {
  /** The newest head that the relay has acknowledged, by log. */
  readonly acknowledged = new Map<number, Head>();
  appends = 0;
  #left = 0;
  #turns = 0;
  #side: 'sent' | 'answered' = 'sent';
  #killed: (() => void) | null = null;

  /** Settles when the relay has been killed: some requests from now, some turns of the event loop after one was sent or answered. */
  killSoon(random: Random): Promise<void> {
    this.#left = 1 + random.below(25);
    this.#turns = random.below(12);
    this.#side = random.chance(0.7) ? 'sent' : 'answered';
    return new Promise((killed) => {
      this.#killed = killed;
    });
  }

  readonly fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const isHit = this.#killed !== null && --this.#left === 0;
    const answering = fetch(url.replace('//localhost:', '//127.0.0.1:'), init);
    answering.catch(() => undefined);
    if (isHit && this.#side === 'sent') await this.#kill();
    const answer = await answering;
    if (answer.ok && init?.method === 'POST' && url.endsWith('/entries') && init.body instanceof Uint8Array) {
      const head = decodeHead(decodeEntriesAppend(init.body).head);
      this.appends += 1;
      if (head.size >= (this.acknowledged.get(head.log)?.size ?? 0)) this.acknowledged.set(head.log, head);
    }
    if (isHit && this.#side === 'answered') await this.#kill();
    return answer;
  };

  async #kill(): Promise<void> {
    const killed = this.#killed;
    this.#killed = null;
    for (let i = 0; i < this.#turns; i++) await turn();
    await relay.end('SIGKILL');
    killed?.();
  }
}

class Writer {
  readonly name: string;
  readonly space: Notes;
  readonly #random: Random;
  readonly written: string[] = [];

  constructor(name: string, space: Notes, random: Random) {
    this.name = name;
    this.space = space;
    this.#random = random;
  }

  /** Writes, and syncs what it wrote. */
  async act(): Promise<void> {
    const count = 1 + this.#random.below(4);
    for (let i = 0; i < count; i++) {
      const title = `${this.name} ${this.written.length}`;
      await this.space.tables.notes.put({ title, body: 'x'.repeat(this.#random.below(3000)) });
      this.written.push(title);
    }
    await this.sync();
  }

  /** False if the relay was away. */
  async sync(): Promise<boolean> {
    try {
      await this.space.syncNow();
      return true;
    } catch (thrown) {
      if (thrown instanceof CairnError && awayCodes.includes(thrown.code)) return false;
      throw thrown;
    }
  }
}

/** Each acknowledged head is there: so many leaf hashes give its root, and the entries are those of the hashes. */
async function checkFile(space: Notes, { acknowledged }: Wire): Promise<void> {
  const storage = new SqliteStorage(`${relay.data}/relay.sqlite`);
  try {
    const id = spaceFromText(space.id);
    for (const [log, { size, root }] of acknowledged) {
      const leaves = await storage.readLeaves(id, log, 1, size);
      expect(leaves.length, `log ${log}`).toBe(size);
      expect(equal(rootOf(leaves), root), `log ${log}`).toBe(true);
      const entries = await storage.readEntries(id, log, 1, size, 1e9);
      expect(entries.length, `log ${log}`).toBe(size);
      expect(
        entries.every((entry, i) => equal(leafHash(entry), leaves[i] ?? new Uint8Array())),
        `log ${log}`,
      ).toBe(true);
    }
  } finally {
    await storage.close();
  }
}

/** Syncs all of them until nothing is unsent and all have the same rows; gives the digest. */
async function agree(devices: readonly Writer[]): Promise<string> {
  let seen = '';
  for (let tries = 0; tries < 100; tries++) {
    for (const device of devices) await device.sync();
    const unsent = devices.map(({ space }) => space.status.value.unsent);
    const digests = await Promise.all(devices.map(({ space }) => space.digest()));
    const [digest = ''] = digests;
    if (unsent.every((count) => count === 0) && digests.every((other) => other === digest)) return digest;
    seen = JSON.stringify({ unsent, digests });
  }
  throw new Error(`They do not agree: ${seen}`);
}

test(`RELAY-10, PUSH-2, PUSH-5, RELAY-14: ${kills} SIGKILLs of the relay under load: after each, nothing acknowledged is missing and the digests agree`, {
  timeout: 60_000 + kills * 4_000,
}, async () => {
  const started = performance.now();
  const random = new Random(runSeed());
  const wire = new Wire();
  const base = { schema, relay: relay.origin, appUrl: 'https://app.test/' } as const;
  const start = async (request: StartRequest): Promise<Notes> =>
    clientSpace(schema, await connectDirect(storedHost(new Origin(wire.fetch).openTab(), null), request));
  const devices: Writer[] = [];
  const first = await start({ ...base, how: 'create', memberName: 'a', deviceName: 'a' });
  devices.push(new Writer('a', first, random.fork('a')));
  await first.syncNow();
  for (const name of ['b', 'c'].slice(0, writers - 1)) {
    const { link } = await first.invite();
    const space = await start({ ...base, how: 'join', link, memberName: name, deviceName: name });
    devices.push(new Writer(name, space, random.fork(name)));
  }
  for (let round = 1; round <= kills; round++) {
    const killing = wire.killSoon(random);
    let isKilled = false;
    const killed = killing.then(() => {
      isKilled = true;
    });
    await Promise.all(
      devices.map(async (device) => {
        while (!isKilled) await device.act();
      }),
    );
    await killed;
    await relay.start();
    await checkFile(first, wire);
    await agree(devices);
    const written = devices.flatMap((device) => device.written).sort();
    for (const { space } of devices) {
      const titles = (await space.tables.notes.query()).map(({ title }) => title).sort();
      expect(titles, `round ${round}`).toEqual(written);
    }
  }
  const digest = await agree(devices);
  expect((await relay.end('SIGTERM')).code).toBe(0);
  await checkFile(first, wire);
  await relay.start();
  // No device had to go on as another, and none was held.
  for (const { space } of devices) {
    expect(space.status.value.devices.map(({ hold }) => hold)).toEqual(Array(writers).fill(null));
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${kills} SIGKILLs in ${seconds} s, ${wire.appends} appends acknowledged, ${devices.flatMap(({ written }) => written).length} rows, digest ${digest.slice(0, 16)}`,
  );
  for (const { space } of devices) await space.close();
});
