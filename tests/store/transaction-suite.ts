/** How transactions begin and end, over any IndexedDB: what counts when, and what may be awaited inside. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import { localRecord } from '../../src/store/local-write.ts';
import { writeNote } from '../../src/store/note-writing.ts';
import { encodeRecord } from '../../src/store/record-codec.ts';
import { databaseName } from '../../src/store/store.ts';
import type { Fault } from './faulty-indexeddb.ts';
import { put, type Tab, TestDevice, write } from './harness.ts';
import { slowDown } from './slow-platform.ts';
import { deviceB, OtherLog, someBytes, start } from './space.ts';
import { comes, turns } from './turns.ts';
import { WatchedIndexedDB } from './watched-indexeddb.ts';

/** Something that the store writes: how, and how much of it is there: for who opens the store afterwards. */
interface Written {
  readonly name: string;
  readonly run: (tab: Tab) => Promise<unknown>;
  readonly parts: (tab: Tab) => boolean[] | Promise<boolean[]>;
}

const identity = someBytes(21);
const invitation = someBytes(22);
const epochKey = someBytes(23);
const note = someBytes(24);

const writes: readonly Written[] = [
  {
    name: 'a local write',
    run: (tab) => write(tab, put('items', 'a', { n: 1 }), put('lists', 'a', { n: 1 })),
    parts: ({ store }) => [
      store.rows.get('items', 'a') !== undefined,
      store.rows.get('lists', 'a') !== undefined,
    ],
  },
  {
    name: 'a saving of keys',
    run: ({ store }) => store.keyring.save({ identity, invitation, epochs: new Map([[1, epochKey]]) }),
    parts: ({ store: { keyring } }) => [
      keyring.identity !== null,
      keyring.invitation !== null,
      keyring.epochs.has(1),
    ],
  },
  {
    name: 'a note',
    run: ({ store }) => writeNote(store.notes, 'test', note),
    parts: async ({ store }) => [(await store.notes.read('test')) !== null],
  },
];

const reads: readonly Pick<Written, 'name' | 'run'>[] = [
  { name: 'reading on', run: ({ store }) => store.refresh() },
  { name: 'reading what waits', run: ({ store }) => store.changesets(store.standing.outbox) },
  { name: 'reading keys', run: ({ store }) => store.keyring.reload() },
];

const writeFaults: readonly Fault[] = ['drop-before', 'drop-in', 'drop-after', 'quota', 'lost'];
const readFaults: readonly Fault[] = ['drop-before', 'drop-in', 'drop-after', 'lost'];

/** What a promise came to, `never` if nothing. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'never';
  promise.then(
    () => {
      outcome = 'done';
    },
    (thrown: unknown) => {
      outcome = thrown;
    },
  );
  await comes(() => outcome !== 'never');
  return outcome;
}

export function transactionSuite(factory: () => IDBFactory): void {
  const watchedDevice = async (beside?: () => number) => {
    const watched = new WatchedIndexedDB(factory(), beside);
    return { watched, here: await TestDevice.make(watched.factory) };
  };

  describe('how transactions end', () => {
    test.each(writes)(
      'STORE-15: of $name nothing counts before its transaction has completed',
      async ({ run, parts }) => {
        const { watched, here } = await watchedDevice();
        await (await here.openFounded()).store.close();
        const tab = await here.open();
        const before = tab.store.standing;
        const log: string[] = [];
        tab.store.onChange(() => log.push('told'));
        const hear = watched.holdEnds();
        const running = run(tab).then(() => log.push('settled'));
        expect(await comes(() => watched.unheard === 1)).toBe(true);
        await turns(30);
        expect(log).toEqual([]);
        expect(tab.store.standing).toBe(before);
        expect(tab.store.rows.get('items', 'a')).toBeUndefined();
        expect([tab.store.keyring.identity, tab.store.keyring.invitation]).toEqual([null, null]);
        hear();
        await running;
        expect(log.at(-1)).toBe('settled');
        expect(new Set(await parts(tab))).toEqual(new Set([true]));
        await tab.store.close();
      },
    );

    for (const { name, run, parts } of writes) {
      test.each(writeFaults)(
        `STORE-15: ${name} settles when its transaction meets %s, once or always, and what settled well is there`,
        async (fault) => {
          for (const times of [1, Number.POSITIVE_INFINITY]) {
            const here = await TestDevice.make(factory());
            await (await here.openFounded()).store.close();
            let left = 0;
            const tab = await here.open({}, () => {
              left -= 1;
              return left >= 0 ? fault : null;
            });
            left = times;
            const outcome = await outcomeOf(run(tab));
            left = 0;
            if (outcome !== 'done') expect(outcome).toBeInstanceOf(CairnError);
            if (times === 1 && fault !== 'quota') expect(outcome).toBe('done');
            const after = await here.open();
            const there = new Set(await parts(after));
            expect(there.size).toBe(1);
            if (outcome === 'done') expect(there).toEqual(new Set([true]));
            else if (fault !== 'drop-after') {
              // A tab that never hears of its commit can't know; any other knows that nothing is there.
              expect(there).toEqual(new Set([false]));
              expect(new Set(await parts(tab))).toEqual(there);
            }
            expect(await outcomeOf(run(tab))).toBe('done');
            expect(new Set(await parts(tab))).toEqual(new Set([true]));
            await after.store.close();
            await tab.store.close();
          }
        },
      );
    }

    for (const { name, run } of reads) {
      test.each(readFaults)(
        `STORE-15: ${name} settles when its transaction meets %s, once or always`,
        async (fault) => {
          for (const times of [1, Number.POSITIVE_INFINITY]) {
            const here = await TestDevice.make(factory());
            const founder = await here.openFounded();
            await write(founder, put('items', 'a', { n: 1 }));
            await founder.store.close();
            let left = 0;
            const tab = await here.open({}, () => {
              left -= 1;
              return left >= 0 ? fault : null;
            });
            left = times;
            const outcome = await outcomeOf(run(tab));
            left = 0;
            if (times === 1) expect(outcome).toBe('done');
            else expect(outcome).toMatchObject({ code: 'storage-broken' });
            expect(await outcomeOf(run(tab))).toBe('done');
            await tab.store.close();
          }
        },
      );
    }

    test('STORE-15: several writes under way when a full disk aborts them at commit all settle, and none is there', async () => {
      const here = await TestDevice.make(factory());
      await (await here.openFounded()).store.close();
      let full = true;
      const tab = await here.open({}, ({ mode }) => (full && mode === 'readwrite' ? 'quota' : null));
      const before = tab.store.standing;
      const outcomes = await Promise.all([...writes, ...writes].map(({ run }) => outcomeOf(run(tab))));
      expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ code: 'storage-full' })));
      expect(tab.store.standing).toBe(before);
      full = false;
      const again = await here.open();
      for (const { parts } of writes) expect(new Set(await parts(again))).toEqual(new Set([false]));
      await again.store.close();
      await tab.store.close();
    });
  });

  describe('what happens inside', () => {
    test('STORE-16: however slow hashing, opening and inflating are, no transaction waits for them and no request comes too late', async () => {
      const slow = slowDown();
      onTestFinished(() => slow.end());
      const { watched, here } = await watchedDevice(() => slow.begun);
      const one = await here.openFounded({ saveEvery: 3 });
      const two = await here.open();
      const log = new OtherLog(here.space.space, deviceB);
      for (let batch = 0; batch < 4; batch += 1) {
        const changesets = Array.from({ length: 50 }, (_, i) => ({
          stamp: makeStamp(start + batch, i),
          ops: [
            {
              kind: 'put',
              table: 'items',
              id: `r${i}`,
              cells: new Map([['n', batch]]),
              seen: new Map(),
            } as const,
          ],
        }));
        await one.store.append(() => ({ kind: 'applied', heads: [], logs: [log.run([changesets])] }));
        await write(one, put('items', 'a', { n: batch }));
        await write(two, put('items', 'b', { n: batch }));
        await two.store.keyring.save({
          identity: someBytes(batch),
          epochs: new Map([[batch, someBytes(batch)]]),
        });
        await Promise.all([one.store.saveFold(), two.store.saveFold()]);
        await two.store.changesets(two.store.standing.outbox);
      }
      await one.store.close();
      await two.store.close();
      const again = await here.open();
      expect(again.store.rows.get('items', 'r49')?.cells.get('n')?.value).toBe(3);
      expect(again.store.standing.outbox.length).toBe(8);
      await again.store.close();
      expect(slow.begun).toBeGreaterThan(0);
      expect(watched.late).toEqual([]);
      expect(watched.transactions.filter(({ isPaused, requests }) => isPaused || requests === 0)).toEqual([]);
      expect(new Set(watched.transactions.map(({ end }) => end))).toEqual(new Set(['complete']));
    });

    test('STORE-16: a position that is taken between the decision and the write is found inside, and the write is decided anew', async () => {
      const { watched, here } = await watchedDevice();
      const tab = await here.openFounded();
      const position = tab.store.standing.position + 1;
      const other = localRecord([put('items', 'b', { n: 1 })], tab.store.rows, tab.store.standing, start);
      if (other === null) throw new TypeError('a record of another tab');
      const bytes = encodeRecord(position, someBytes(8, 8), other);
      const connection = await rawOpen(here);
      let decided = 0;
      // Another tab's transaction comes to be first after everything this one could have looked at before its own.
      watched.beforeWrite = (stores) => {
        watched.beforeWrite = () => undefined;
        expect([stores, decided]).toEqual([['journal'], 1]);
        connection.transaction('journal', 'readwrite').objectStore('journal').add(bytes, position);
      };
      const written = await tab.store.append((standing) => {
        decided += 1;
        return localRecord([put('items', 'a', { n: standing.position })], tab.store.rows, standing, start);
      });
      expect([written, decided]).toEqual([{ position: position + 1 }, 2]);
      expect(tab.store.rows.get('items', 'a')?.cells.get('n')?.value).toBe(position);
      connection.close();
      await tab.store.close();
      const again = await here.open();
      expect(again.store.rows.above.ids('items')).toEqual(['a', 'b']);
      expect(again.store.standing.outbox.map((item) => item.position)).toEqual([position, position + 1]);
      await again.store.close();
    });
  });
}

function rawOpen(here: TestDevice): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = here.factory.open(databaseName(here.space.space));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
