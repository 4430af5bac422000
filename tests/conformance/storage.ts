/**
 * The suite that every storage adapter passes (RELAY-11), written from the contract in src/relay/storage.ts. An adapter's test
 * file calls `storageConformance` with a way to make a store and to open it more than once.
 */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asHash, type Bytes, compare, type Hash, type SpaceId } from '../../src/format/bytes.ts';
import { appendLeaves, emptyFrontier, leafHash } from '../../src/format/merkle.ts';
import { MemoryStorage } from '../../src/relay/memory-storage.ts';
import type { LogState, NewEntry, Revision, Storage } from '../../src/relay/storage.ts';
import { property } from '../property.ts';

/** One store, empty at first, that any number of relays may have open. */
export interface Store {
  /** Another relay's view of the same store. */
  open(): Promise<Storage>;
  /** Removes it with all that it holds. */
  remove(): Promise<void>;
}

const spaceOf = (fill: number): SpaceId => asHash(new Uint8Array(32).fill(fill));
const a = spaceOf(0xaa);
const b = spaceOf(0xab);

/** Bytes of that length that differ by their name. */
function bytesOf(name: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (name * 131 + i * 7) % 251;
  return bytes;
}

const newEntry = (entry: Bytes): NewEntry => ({ entry, leaf: leafHash(entry) });

/** The state behind a log of these entries. */
function stateAfter(entries: readonly Bytes[], head: Bytes | null = null): LogState {
  return { frontier: appendLeaves(emptyFrontier, entries.map(leafHash)), head };
}

/** Appends to whatever is there, as a relay that has just read it. */
async function appendNow(
  storage: Storage,
  space: SpaceId,
  log: number,
  entries: readonly Bytes[],
  head: Bytes | null = null,
): Promise<boolean> {
  const stored = await storage.readLog(space, log);
  const frontier = appendLeaves(stored?.frontier ?? emptyFrontier, entries.map(leafHash));
  return storage.append(space, log, {
    expected: stored?.revision ?? null,
    entries: entries.map(newEntry),
    after: { frontier, head },
  });
}

export function storageConformance(name: string, create: () => Promise<Store>): void {
  describe(`storage in ${name}`, () => {
    let store: Store;
    let storage: Storage;
    const opened: Storage[] = [];

    async function open(): Promise<Storage> {
      const another = await store.open();
      opened.push(another);
      return another;
    }

    beforeEach(async () => {
      store = await create();
      storage = await open();
    });

    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
      await store.remove();
    });

    test('RELAY-11: of what was never written there is nothing', async () => {
      expect(await storage.readLog(a, 0)).toBeNull();
      expect(await storage.readEntries(a, 1, 1, 100, 1000)).toEqual([]);
      expect(await storage.readLeaves(a, 1, 1, 100)).toEqual([]);
      expect(await storage.readHeads(a)).toEqual([]);
      expect(await storage.readBeacons(a)).toEqual([]);
      expect((await storage.measure()).spaces).toBe(0);
    });

    test('RELAY-11: entries, leaf hashes, frontier and head come back as they were appended', async () => {
      const entries = [bytesOf(1, 1), bytesOf(2, 300), bytesOf(3, 256 * 1024)];
      const head = bytesOf(4, 200);
      expect(await appendNow(storage, a, 3, entries, head)).toBe(true);
      const log = await storage.readLog(a, 3);
      expect(log?.frontier).toEqual(stateAfter(entries).frontier);
      expect(log?.head).toEqual(head);
      expect(await storage.readEntries(a, 3, 1, 3, 1e9)).toEqual(entries);
      expect(await storage.readLeaves(a, 3, 1, 3)).toEqual(entries.map(leafHash));
      expect(await storage.readHeads(a)).toEqual([{ log: 3, size: 3, head }]);
    });

    test('RELAY-11: bytes read are views of nothing else, and bytes given may be changed afterwards', async () => {
      const given = bytesOf(1, 64);
      await appendNow(storage, a, 1, [given.slice()], given.slice());
      const [entry] = await storage.readEntries(a, 1, 1, 1, 1000);
      expect(entry.buffer.byteLength).toBeGreaterThanOrEqual(entry.length);
      expect(entry).toBeInstanceOf(Uint8Array);
      expect(entry.constructor).toBe(Uint8Array);
      expect((await storage.readLog(a, 1))?.head?.constructor).toBe(Uint8Array);
    });

    test('RELAY-11: an append that expects another revision changes nothing', async () => {
      await appendNow(storage, a, 1, [bytesOf(1, 10)], bytesOf(9, 9));
      const before = await storage.readLog(a, 1);
      const late = { entries: [newEntry(bytesOf(2, 10))], after: stateAfter([bytesOf(2, 10)]) };
      expect(await storage.append(a, 1, { expected: null, ...late })).toBe(false);
      expect(await storage.append(a, 1, { expected: 'no such', ...late })).toBe(false);
      expect(await storage.append(a, 2, { expected: before?.revision ?? null, ...late })).toBe(false);
      expect(await storage.readLog(a, 1)).toEqual(before);
      expect(await storage.readEntries(a, 1, 1, 9, 1000)).toEqual([bytesOf(1, 10)]);
      expect(await storage.readLeaves(a, 1, 1, 9)).toHaveLength(1);
      expect(await storage.readLog(a, 2)).toBeNull();
    });

    test('RELAY-11: an append of no entries replaces the head alone, and makes a new revision', async () => {
      const entries = [bytesOf(1, 10)];
      await appendNow(storage, a, 1, entries, bytesOf(2, 20));
      const before = await storage.readLog(a, 1);
      expect(await appendNow(storage, a, 1, [], bytesOf(3, 20))).toBe(true);
      const after = await storage.readLog(a, 1);
      expect(after?.head).toEqual(bytesOf(3, 20));
      expect(after?.frontier).toEqual(stateAfter(entries).frontier);
      expect(after?.revision).not.toBe(before?.revision);
      expect(
        await storage.append(a, 1, {
          expected: before?.revision ?? null,
          entries: [],
          after: stateAfter([]),
        }),
      ).toBe(false);
    });

    test('RELAY-11: a membership log has no head, and is not among the heads', async () => {
      await appendNow(storage, a, 0, [bytesOf(1, 10)], null);
      await appendNow(storage, a, 2, [bytesOf(2, 10)], bytesOf(2, 2));
      await appendNow(storage, a, 1, [bytesOf(3, 10)], bytesOf(1, 1));
      expect((await storage.readLog(a, 0))?.head).toBeNull();
      expect((await storage.readHeads(a)).map(({ log }) => log)).toEqual([1, 2]);
    });

    test('RELAY-11: logs, spaces and neighbouring numbers do not show in each other', async () => {
      const logs = [0, 1, 2, 255, 256, 257, 65_536, 2 ** 31];
      for (const space of [a, b]) {
        for (const log of logs)
          await appendNow(storage, space, log, [bytesOf(log % 97, 20 + (log % 7))], bytesOf(1, 5));
      }
      for (const log of logs) {
        expect(await storage.readEntries(a, log, 1, 10, 1e6)).toEqual([bytesOf(log % 97, 20 + (log % 7))]);
        expect(await storage.readLeaves(b, log, 1, 10)).toHaveLength(1);
      }
      expect((await storage.readHeads(b)).map(({ log }) => log)).toEqual(logs.slice(1));
      expect((await storage.measure()).spaces).toBe(2);
    });

    test('RELAY-7: a read takes as many entries as fit, at least one, and none beyond its range', async () => {
      const entries = [100, 100, 100, 5000, 100].map((length, i) => bytesOf(i, length));
      await appendNow(storage, a, 1, entries.slice(0, 2));
      await appendNow(storage, a, 1, entries.slice(2));
      const lengths = async (start: number, end: number, most: number): Promise<number[]> =>
        (await storage.readEntries(a, 1, start, end, most)).map(({ length }) => length);
      expect(await lengths(1, 5, 300)).toEqual([100, 100, 100]);
      expect(await lengths(1, 5, 299)).toEqual([100, 100]);
      expect(await lengths(1, 5, 0)).toEqual([100]);
      expect(await lengths(4, 5, 10)).toEqual([5000]);
      expect(await lengths(3, 4, 5100)).toEqual([100, 5000]);
      // A larger entry ends the answer: a smaller one behind it would leave a gap.
      expect(await lengths(3, 5, 300)).toEqual([100]);
      expect(await lengths(5, 99, 1e6)).toEqual([100]);
      expect(await lengths(6, 99, 1e6)).toEqual([]);
    });

    test('RELAY-7: a log of more entries than one look takes is read on', async () => {
      const entries = Array.from({ length: 9000 }, (_, i) => bytesOf(i, 3));
      await appendNow(storage, a, 1, entries);
      expect(await storage.readEntries(a, 1, 1, 9000, 1e9)).toEqual(entries);
      expect(await storage.readEntries(a, 1, 2, 9000, 3 * 8500)).toHaveLength(8500);
      expect(await storage.readLeaves(a, 1, 1, 9000)).toHaveLength(9000);
    });

    test('RELAY-11: of n parallel appends at one size of one log exactly one wins', async () => {
      const relays = [storage, await open(), await open()];
      const written: Bytes[] = [];
      for (let round = 0; round < 10; round++) {
        const read = await storage.readLog(a, 1);
        const attempts = Array.from({ length: 9 }, (_, i) => bytesOf(round * 9 + i, 30));
        const won = await Promise.all(
          attempts.map((entry, i) =>
            relays[i % relays.length].append(a, 1, {
              expected: read?.revision ?? null,
              entries: [newEntry(entry)],
              after: {
                frontier: appendLeaves(read?.frontier ?? emptyFrontier, [leafHash(entry)]),
                head: entry,
              },
            }),
          ),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        written.push(attempts[won.indexOf(true)]);
      }
      for (const relay of relays) {
        expect(await relay.readEntries(a, 1, 1, 99, 1e6)).toEqual(written);
        expect((await relay.readLog(a, 1))?.frontier).toEqual(stateAfter(written).frontier);
        expect((await relay.readLog(a, 1))?.head).toEqual(written.at(-1));
      }
    });

    test('RELAY-11: parallel appends to different logs all win', async () => {
      const other = await open();
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, log) =>
          appendNow(log % 2 ? storage : other, a, log, [bytesOf(log, 30)], null),
        ),
      );
      expect(won).toEqual(Array(20).fill(true));
    });

    test('RELAY-15: a beacon gives way to a newer one of its device, and to no other', async () => {
      const beacon = (device: number, at: number): { device: number; at: number; beacon: Bytes } => ({
        device,
        at,
        beacon: bytesOf(at % 83, 40),
      });
      const now = 1_790_000_000_000;
      expect(await storage.putBeacon(a, beacon(1, now))).toBe(true);
      expect(await storage.putBeacon(a, beacon(2, now + 5))).toBe(true);
      expect(await storage.putBeacon(a, beacon(1, now - 1))).toBe(false);
      expect(await storage.putBeacon(a, { ...beacon(1, now), beacon: bytesOf(7, 7) })).toBe(false);
      expect(await storage.readBeacons(a)).toEqual([beacon(2, now + 5), beacon(1, now)]);
      const other = await open();
      expect(await other.putBeacon(a, beacon(1, now + 9))).toBe(true);
      expect(await storage.readBeacons(a)).toEqual([beacon(1, now + 9), beacon(2, now + 5)]);
      expect(await storage.readBeacons(b)).toEqual([]);
    });

    test('RELAY-15: of beacons put in parallel the newest stays', async () => {
      const other = await open();
      const times = [5, 1, 9, 3, 7, 8, 2, 6, 4];
      await Promise.all(
        times.map((at, i) =>
          (i % 2 ? storage : other).putBeacon(a, { device: 1, at, beacon: bytesOf(at, 9) }),
        ),
      );
      expect(await storage.readBeacons(a)).toEqual([{ device: 1, at: 9, beacon: bytesOf(9, 9) }]);
    });

    test('RELAY-10: what was written is there for a relay that opens the store anew', async () => {
      await appendNow(storage, a, 1, [bytesOf(1, 100), bytesOf(2, 100)], bytesOf(3, 50));
      await storage.putBeacon(a, { device: 1, at: 4, beacon: bytesOf(4, 40) });
      await storage.close();
      const again = await open();
      expect(await again.readEntries(a, 1, 1, 9, 1e6)).toEqual([bytesOf(1, 100), bytesOf(2, 100)]);
      expect(await again.readBeacons(a)).toHaveLength(1);
      expect(await appendNow(again, a, 1, [bytesOf(5, 100)], bytesOf(6, 50))).toBe(true);
      expect((await again.readLog(a, 1))?.frontier.size).toBe(3);
    });

    test('RELAY-10: a closed storage refuses with a code, and closing twice is harmless', async () => {
      const another = await open();
      await another.close();
      await another.close();
      const closed = expect.objectContaining({ code: 'closed' });
      await expect(another.readLog(a, 0)).rejects.toEqual(closed);
      await expect(appendNow(another, a, 0, [bytesOf(1, 1)])).rejects.toEqual(closed);
      await expect(another.measure()).rejects.toEqual(closed);
      expect(await storage.readLog(a, 0)).toBeNull();
    });

    test('RELAY-11: what it takes on its medium grows with what is stored', async () => {
      const before = await storage.measure();
      await appendNow(storage, a, 0, [bytesOf(1, 100_000)]);
      expect((await storage.measure()).bytes).toBeGreaterThanOrEqual(before.bytes + 90_000);
    });

    property(
      `RELAY-11: any history in ${name} reads like the same history in memory`,
      150,
      fc.array(operation, { minLength: 1, maxLength: 25 }),
      async (operations) => {
        const real = await create();
        const views = [await real.open(), await real.open()];
        const model = new MemoryStorage();
        try {
          for (const [i, step] of operations.entries()) {
            const seen = await apply(views[i % 2], step);
            expect(seen).toEqual(await apply(model, step));
          }
          for (const space of [a, b]) {
            expect(await views[0].readHeads(space)).toEqual(await model.readHeads(space));
            expect(await views[1].readBeacons(space)).toEqual(await model.readBeacons(space));
          }
        } finally {
          for (const view of views) await view.close();
          await real.remove();
        }
      },
    );
  });
}

type Operation =
  | { kind: 'append'; space: SpaceId; log: number; lengths: number[]; name: number; stale: boolean }
  | { kind: 'entries'; space: SpaceId; log: number; start: number; count: number; most: number }
  | { kind: 'leaves'; space: SpaceId; log: number; start: number; count: number }
  | { kind: 'beacon'; space: SpaceId; device: number; at: number };

const inLog = { space: fc.constantFrom(a, b), log: fc.integer({ min: 0, max: 2 }) };
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    ...inLog,
    lengths: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 5 }),
    name: fc.nat(90),
    stale: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('entries' as const),
    ...inLog,
    start: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 9 }),
    most: fc.nat(1500),
  }),
  fc.record({
    kind: fc.constant('leaves' as const),
    ...inLog,
    start: fc.integer({ min: 1, max: 9 }),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    kind: fc.constant('beacon' as const),
    space: inLog.space,
    device: fc.integer({ min: 1, max: 3 }),
    at: fc.nat(9),
  }),
);

/** One step, and all of its outcome that the contract speaks of. */
async function apply(storage: Storage, step: Operation): Promise<unknown> {
  switch (step.kind) {
    case 'append': {
      const entries = step.lengths.map((length, i) => bytesOf(step.name + i, length));
      const before = await storage.readLog(step.space, step.log);
      const frontier = appendLeaves(before?.frontier ?? emptyFrontier, entries.map(leafHash));
      const head = step.log === 0 ? null : bytesOf(step.name, 33);
      // A stale one was decided on what stood here before another append.
      if (step.stale) await appendNow(storage, step.space, step.log, [bytesOf(step.name, 8)], head);
      const expected: Revision | null = before?.revision ?? null;
      const won = await storage.append(step.space, step.log, {
        expected,
        entries: entries.map(newEntry),
        after: { frontier, head },
      });
      const after = await storage.readLog(step.space, step.log);
      return { won, frontier: after?.frontier, head: after?.head };
    }
    case 'entries':
      return storage.readEntries(step.space, step.log, step.start, step.start + step.count - 1, step.most);
    case 'leaves': {
      const leaves: Hash[] = await storage.readLeaves(
        step.space,
        step.log,
        step.start,
        step.start + step.count - 1,
      );
      return leaves.map((leaf) => [...leaf]);
    }
    case 'beacon': {
      const won = await storage.putBeacon(step.space, {
        device: step.device,
        at: step.at,
        beacon: bytesOf(step.at, 9),
      });
      const beacons = await storage.readBeacons(step.space);
      return {
        won,
        beacons: [...beacons].sort((x, y) => compare(x.beacon, y.beacon) || x.device - y.device),
      };
    }
  }
}
