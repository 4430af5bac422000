/** RELAY-10: what was acknowledged survives killing the process at any moment, and nothing is doubled. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { equal, toHex } from '../../src/format/bytes.ts';
import { decodeHead } from '../../src/format/head.ts';
import { appendLeaves, emptyFrontier, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import type { EntriesAppend } from '../../src/format/wire.ts';
import { SqliteStorage } from '../../src/relay/sqlite-storage.ts';
import { runSeed } from '../property.ts';
import { sizeOf, TestSpace } from './harness.ts';
import { OwnLog, type Person } from './people.ts';
import { Built, RelayProcess } from './process.ts';

const kills = 5;
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

/** A device that appends one request after the other, and knows what was acknowledged. */
class Writer {
  readonly log: OwnLog;
  acknowledged = 0;
  /** Sent, with no answer yet: it is sent again, the same, until it has one. */
  waiting: EntriesAppend | null = null;
  readonly #space: TestSpace;
  readonly #who: Person;

  constructor(space: TestSpace, who: Person) {
    this.#space = space;
    this.#who = who;
    this.log = new OwnLog(space.membership, who);
  }

  /** Appends until the relay is gone. */
  async write(random: () => number, onAcknowledged: () => void): Promise<void> {
    for (;;) {
      this.waiting ??= await this.#space.nextAppend(
        this.log,
        1 + Math.floor(random() * 4),
        50 + Math.floor(random() * 9000),
      );
      let answer: Response;
      try {
        answer = await this.#space.as(this.#who).append(this.waiting);
        this.acknowledged = await sizeOf(answer);
      } catch (error) {
        if (error instanceof TypeError) return; // the connection broke
        throw error;
      }
      this.waiting = null;
      onAcknowledged();
    }
  }
}

/** Small, seeded, and good enough to vary a test. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('RELAY-10: after SIGKILL in the middle of appends every acknowledged entry is there once, and writing goes on', async () => {
  const random = generator(runSeed());
  const space = await TestSpace.on(relay);
  const people = [
    space.founder,
    await space.add('writer'),
    await space.add('writer'),
    await space.add('writer'),
  ];
  const writers = people.map((who) => new Writer(space, who));
  for (let round = 0; round < kills; round++) {
    let left = 5 + Math.floor(random() * 60);
    let killed: Promise<unknown> | null = null;
    const onAcknowledged = (): void => {
      if (--left <= 0) killed ??= relay.end('SIGKILL');
    };
    await Promise.all(writers.map((writer) => writer.write(random, onAcknowledged)));
    await killed;
    await relay.start();
    const { heads } = await space.as(space.founder).changes();
    for (const writer of writers) {
      const head = heads.map(decodeHead).find(({ log }) => log === writer.log.log);
      const size = head?.size ?? 0;
      expect(size, `round ${round}, log ${writer.log.log}`).toBeGreaterThanOrEqual(writer.acknowledged);
      // Beyond what was acknowledged there is nothing, or the whole of the one request that had no answer.
      expect([writer.acknowledged, writer.log.entries.length]).toContain(size);
      if (head === undefined) continue;
      const entries: Uint8Array[] = [];
      while (entries.length < size) {
        const range = { log: writer.log.log, start: entries.length + 1, end: size };
        const { logs } = await space.as(space.founder).read(range);
        entries.push(...logs[0].entries);
      }
      expect(entries.every((entry, i) => equal(entry, writer.log.entries[i]))).toBe(true);
      expect(frontierRoot(appendLeaves(emptyFrontier, entries.map(leafHash)))).toEqual(head.root);
      const leaves = await space.as(space.founder).leaves({ log: writer.log.log, start: 1, end: size });
      expect(leaves.map(toHex)).toEqual(entries.map((entry) => toHex(leafHash(entry))));
    }
  }
  // What had no answer is sent again, the same, and taken once.
  for (const writer of writers) {
    if (writer.waiting !== null) await sizeOf(await space.as(writer.log.author).append(writer.waiting));
  }
  expect((await relay.end('SIGTERM')).code).toBe(0);
  const storage = new SqliteStorage(`${relay.data}/relay.sqlite`);
  for (const writer of writers) {
    const { log, entries } = writer.log;
    const kept = await storage.readEntries(space.membership.space, log, 1, entries.length + 1, 1e9);
    expect(kept.length).toBe(entries.length);
    expect(kept.every((entry, i) => equal(entry, entries[i]))).toBe(true);
  }
  await storage.close();
  await relay.start();
}, 120_000);

test('RELAY-10: membership entries and beacons survive SIGKILL as well', async () => {
  const space = await TestSpace.on(relay);
  const writer = await space.add('writer');
  const { beaconOf } = await import('./people.ts');
  const beacon = await beaconOf(space.membership, writer, Date.now());
  expect((await space.as(writer).ask('PUT', '/beacon', beacon)).status).toBe(204);
  await relay.end('SIGKILL');
  await relay.start();
  const answer = await space.as(writer).changes();
  expect(answer.members.entries).toEqual(space.membership.entries);
  expect(answer.beacons).toEqual([beacon]);
});
