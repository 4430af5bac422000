/** What holds for a store over any IndexedDB: run over a simulated one in Node and over Chromium's own. */
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { decodeChangeset } from '../../src/format/changeset.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import { digestRows } from '../../src/model/digest.ts';
import { isLive } from '../../src/model/row.ts';
import type { Change, StoreEvent } from '../../src/store/change.ts';
import { localRecord } from '../../src/store/local-write.ts';
import { writeNote } from '../../src/store/note-writing.ts';
import type { SealedRecord } from '../../src/store/record.ts';
import { withChecksum } from '../../src/store/saved-checksum.ts';
import { encodeStanding } from '../../src/store/saved-fold.ts';
import { type Standing, unsentCount } from '../../src/store/standing.ts';
import { databaseName, openStore } from '../../src/store/store.ts';
import { type Fault, faults } from './faulty-indexeddb.ts';
import { found, put, type Tab, TestDevice, write } from './harness.ts';
import { deviceA, deviceB, OtherLog, someBytes, start } from './space.ts';

export function storeSuite(factory: () => IDBFactory): void {
  const device = (): Promise<TestDevice> => TestDevice.make(factory());

  describe('one tab', () => {
    test('PUSH-1: a local transaction is one journal record, in the rows and in the outbox at once', async () => {
      const tab = await (await device()).openFounded();
      const before = tab.store.standing.position;
      const changes: Change[] = [];
      tab.store.onChange((change) => {
        expect(tab.store.standing.outbox.length).toBe(1);
        expect(tab.store.rows.get('items', 'a')?.cells.get('title')?.value).toBe('Milk');
        changes.push(change);
      });
      const written = await write(
        tab,
        put('items', 'a', { title: 'Milk' }),
        put('lists', 'l', { title: 'Shop' }),
      );
      expect(written).toEqual({ position: before + 1 });
      expect(tab.store.standing.position).toBe(before + 1);
      expect(unsentCount(tab.store.standing)).toBe(2);
      expect(changes).toEqual([
        {
          position: before + 1,
          rows: [
            ['items', 'a'],
            ['lists', 'l'],
          ],
          own: true,
          kinds: new Set(['local']),
        },
      ]);
      await tab.store.close();
    });

    test('MRG-12: stamps rise through a clock set back, across reopening and tabs', async () => {
      const here = await device();
      const stamps: number[] = [];
      let tab = await here.openFounded();
      for (const wall of [start + 10, start + 10, start - 5_000, start + 20, 0]) {
        tab.runtime.time = wall;
        await write(tab, put('items', 'a', { n: stamps.length }));
        stamps.push(tab.store.standing.clock);
        await tab.store.close();
        tab = await here.open();
      }
      expect(stamps).toEqual([...new Set(stamps)].sort((a, b) => a - b));
      await tab.store.close();
    });

    test('MRG-12: after applying a batch the clock is above every stamp in it', async () => {
      const here = await device();
      const tab = await here.openFounded();
      const log = new OtherLog(here.space.space, deviceB);
      const late = makeStamp(start + 240_000, 7);
      const run = log.run([
        [
          {
            stamp: late,
            ops: [{ kind: 'put', table: 'items', id: 'x', cells: new Map([['n', 1]]), seen: new Map() }],
          },
        ],
      ]);
      await tab.store.append(() => ({ kind: 'applied', heads: [], logs: [run] }));
      await write(tab, put('items', 'x', { n: 2 }));
      expect(tab.store.standing.clock).toBe(late + 1);
      expect(tab.store.rows.get('items', 'x')?.cells.get('n')?.value).toBe(2);
      await tab.store.close();
    });

    test('STORE-24: at the quota a write fails whole with storage-full, reads go on, and it goes on when there is room', async () => {
      const here = await device();
      await (await here.openFounded()).store.close();
      let full = false;
      const tab = await here.open({}, ({ mode }) => (full && mode === 'readwrite' ? 'quota' : null));
      await write(tab, put('items', 'a', { title: 'before' }));
      const events: StoreEvent[] = [];
      tab.store.onEvent((event) => events.push(event));
      const before = tab.store.standing;
      full = true;
      await expect(write(tab, put('items', 'b', { title: 'lost' }))).rejects.toMatchObject({
        code: 'storage-full',
      });
      expect(tab.store.standing).toBe(before);
      expect(tab.store.rows.get('items', 'b')).toBeUndefined();
      expect(tab.store.rows.get('items', 'a')).toBeDefined();
      await tab.store.refresh();
      expect(tab.store.standing).toBe(before);
      expect(events.map((event) => event.kind)).toEqual(['full']);
      full = false;
      await write(tab, put('items', 'b', { title: 'again' }));
      expect(events.map((event) => event.kind)).toEqual(['full', 'room']);
      await tab.store.close();
      const again = await here.open();
      expect(again.store.rows.get('items', 'b')?.cells.get('title')?.value).toBe('again');
      await again.store.close();
    });

    test('STORE-20: a quota error while there is room is a broken backing store: reopened, written once', async () => {
      const here = await device();
      await (await here.openFounded()).store.close();
      let faulty = 2;
      const storage = { estimate: async () => ({ usage: 1_000, quota: 1_000_000_000 }) };
      const tab = await here.open({ storage }, ({ mode }) => {
        if (mode !== 'readwrite' || faulty === 0) return null;
        faulty -= 1;
        return 'quota';
      });
      const { position } = tab.store.standing;
      expect(await write(tab, put('items', 'a', { title: 'once' }))).toEqual({ position: position + 1 });
      expect(faulty).toBe(0);
      await tab.store.close();
    });

    test('PUSH-11: a transaction that would not fit one entry is refused before anything is written', async () => {
      const tab = await (await device()).openFounded();
      const { position } = tab.store.standing;
      const big = Array.from({ length: 64 }, (_, i) => put('items', `r${i}`, { note: noise(i, 8_000) }));
      await expect(write(tab, ...big)).rejects.toMatchObject({ code: 'transaction-too-large' });
      expect(tab.store.standing.position).toBe(position);
      const dense = Array.from({ length: 40 }, (_, i) => put('items', `r${i}`, { note: 'x'.repeat(8_000) }));
      await write(tab, ...dense);
      expect(tab.store.standing.position).toBe(position + 1);
      await tab.store.close();
    });

    test('a device that is no writer of the space writes nothing', async () => {
      const tab = await (await device()).open();
      await expect(write(tab, put('items', 'a', { title: 'no' }))).rejects.toMatchObject({
        code: 'not-a-writer',
      });
      expect(tab.store.standing.position).toBe(0);
      await tab.store.close();
    });

    test('MRG-6: the last op of a transaction decides, and no two ops contradict each other', async () => {
      const tab = await (await device()).openFounded();
      await write(tab, put('items', 'a', { title: 'one', n: 1 }));
      await write(
        tab,
        { kind: 'delete', table: 'items', id: 'a' },
        put('items', 'a', { title: 'two' }),
        put('items', 'a', { title: 'three' }),
        put('items', 'b', { title: 'gone' }),
        { kind: 'delete', table: 'items', id: 'b' },
      );
      const a = tab.store.rows.get('items', 'a');
      expect(a && isLive(a)).toBe(true);
      expect(a?.cells.get('title')?.value).toBe('three');
      expect(a?.cells.get('n')?.value).toBe(1);
      const b = tab.store.rows.get('items', 'b');
      expect(b && isLive(b)).toBe(false);
      const [bytes] = await tab.store.changesets(tab.store.standing.outbox.slice(-1));
      expect(bytes).toBeDefined();
      await tab.store.close();
    });

    test('a patch or restore of a row that is not there is refused, and deleting it writes nothing', async () => {
      const tab = await (await device()).openFounded();
      const { position } = tab.store.standing;
      const patch = { kind: 'patch', table: 'items', id: 'z', cells: new Map([['n', 1]]) } as const;
      await expect(write(tab, patch)).rejects.toMatchObject({ code: 'not-found' });
      await expect(write(tab, { kind: 'restore', table: 'items', id: 'z' })).rejects.toMatchObject({
        code: 'not-found',
      });
      expect(await write(tab, { kind: 'delete', table: 'items', id: 'z' })).toBeNull();
      expect(tab.store.standing.position).toBe(position);
      await write(tab, put('items', 'z', { n: 1 }), patch);
      await write(tab, { kind: 'delete', table: 'items', id: 'z' });
      await expect(write(tab, patch)).rejects.toMatchObject({ code: 'not-found' });
      await write(tab, { kind: 'restore', table: 'items', id: 'z' }, patch);
      const z = tab.store.rows.get('items', 'z');
      expect(z && isLive(z)).toBe(true);
      await tab.store.close();
    });

    test('MRG-11: an own write that lost to one that had not seen it is a conflict, also after reopening', async () => {
      const here = await device();
      const tab = await here.openFounded();
      tab.runtime.time = start + 100;
      await write(tab, put('items', 'a', { title: 'ours' }));
      const log = new OtherLog(here.space.space, deviceB);
      const run = log.run([
        [
          {
            stamp: makeStamp(start + 200, 0),
            ops: [
              {
                kind: 'put',
                table: 'items',
                id: 'a',
                cells: new Map([['title', 'theirs']]),
                seen: new Map(),
              },
            ],
          },
        ],
      ]);
      await tab.store.append(() => ({ kind: 'applied', heads: [], logs: [run] }));
      const [conflict] = tab.store.standing.conflicts;
      expect(conflict).toMatchObject({
        table: 'items',
        id: 'a',
        column: 'title',
        value: 'ours',
        awaits: null,
      });
      expect(conflict?.ours.device).toBe(deviceA);
      expect(conflict?.winner.device).toBe(deviceB);
      await tab.store.close();
      const again = await here.open();
      expect(again.store.standing.conflicts).toEqual([conflict]);
      await again.store.close();
    });

    test('STORE-9: a thousand changes of one batch are one transaction, and read no old rows', async () => {
      const here = await device();
      // Opened anew: the fold of the founding may still be being saved, in a transaction of its own.
      await (await here.openFounded()).store.close();
      const tab = await here.open();
      const log = new OtherLog(here.space.space, deviceB);
      const rows = (n: number) =>
        Array.from({ length: 1000 }, (_, i) => [
          {
            stamp: makeStamp(start + 1 + i + n, 0),
            ops: [{ kind: 'put', table: 'items', id: `r${i}`, cells: new Map([['n', n]]), seen: new Map() }],
          } as const,
        ]);
      await tab.store.append(() => ({ kind: 'applied', heads: [], logs: [log.run(rows(0))] }));
      const { transactions } = tab.faulty;
      await tab.store.append(() => ({ kind: 'applied', heads: [], logs: [log.run(rows(5000))] }));
      expect(tab.faulty.transactions - transactions).toBe(1);
      expect(tab.store.rows.get('items', 'r999')?.cells.get('n')?.value).toBe(5000);
      expect(tab.store.standing.cursors.get(deviceB)?.size).toBe(2000);
      await tab.store.close();
    });

    test('STORE-25: reopening and applying the same entries again adds nothing', async () => {
      const here = await device();
      const first = await here.openFounded();
      const log = new OtherLog(here.space.space, deviceB);
      const run = log.run([[{ stamp: makeStamp(start, 5), ops: [] }]]);
      await first.store.append(() => ({ kind: 'applied', heads: [], logs: [run] }));
      await expect(
        first.store.append(() => ({ kind: 'applied', heads: [], logs: [run] })),
      ).rejects.toMatchObject({ code: 'internal' });
      const { position } = first.store.standing;
      await first.store.close();
      for (let i = 0; i < 3; i += 1) {
        const tab = await here.open();
        await tab.store.refresh();
        expect(tab.store.standing.position).toBe(position);
        await tab.store.close();
      }
    });

    test('STORE-17: keys are there after reopening, all of one save or none', async () => {
      const here = await device();
      const tab = await here.open();
      const { a, epochKey } = here.space;
      await tab.store.keyring.save({
        device: a.stored,
        identity: someBytes(1),
        invitation: someBytes(5),
        epochs: new Map([[1, epochKey]]),
      });
      await tab.store.keyring.save({ invitation: null });
      await tab.store.close();
      const again = await here.open();
      const { keyring } = again.store;
      expect(keyring.identity).toEqual(someBytes(1));
      expect(keyring.invitation).toBeNull();
      expect(keyring.epochs).toEqual(new Map([[1, epochKey]]));
      expect(keyring.device?.signer.publicKey).toEqual(a.sign);
      expect(keyring.device?.signer.privateKey.extractable).toBe(false);
      const message = someBytes(77);
      if (!keyring.device) throw new TypeError('a device key');
      const signature = await crypto.subtle.sign('Ed25519', keyring.device.signer.privateKey, message);
      expect(new Uint8Array(signature)).toEqual(await a.signer.sign(message));
      await again.store.close();
    });

    test('STORE-17: keys, seals, sent marks and membership are strict; local writes and applied entries are relaxed', async () => {
      const here = await device();
      const seen: [string, string][] = [];
      const tab = await here.open({}, ({ mode, stores, durability }) => {
        // A saved fold is a shortcut: losing it loses nothing, and when it is saved is nobody's business.
        if (mode === 'readwrite' && stores.join() !== 'saved') seen.push([stores.join(), durability]);
        return null;
      });
      const { store } = tab;
      await store.keyring.save({ identity: someBytes(1) });
      await found(store, here.space);
      await write(tab, put('items', 'a', { n: 1 }));
      const log = new OtherLog(here.space.space, deviceB);
      await store.append(() => ({
        kind: 'applied',
        heads: [],
        logs: [log.run([[{ stamp: makeStamp(start, 1), ops: [] }]])],
      }));
      await store.append(() => ({ kind: 'term', term: 1, tab: 'x' }));
      await store.append((standing) => sealAll(here, standing));
      await store.append(() => ({ kind: 'sent', size: 1, term: 1 }));
      await store.append(() => ({ kind: 'joining', state: 'joined', values: new Map() }));
      expect(seen).toEqual([
        ['keys', 'strict'],
        ['journal', 'strict'],
        ['journal', 'strict'],
        ['journal', 'relaxed'],
        ['journal', 'relaxed'],
        ['journal', 'strict'],
        ['journal', 'strict'],
        ['journal', 'strict'],
        ['journal', 'strict'],
      ]);
      await store.close();
    });

    test('PUSH-4: what was sealed comes back from the journal as the entry it was, and its changes as they were written', async () => {
      const here = await device();
      const tab = await here.openFounded();
      await write(tab, put('items', 'a', { n: 1 }));
      await write(tab, put('items', 'b', { n: 2 }));
      const changesets = await tab.store.changesets(tab.store.standing.outbox);
      expect(changesets.map((bytes) => decodeChangeset(bytes).ops)).toMatchObject([
        [{ id: 'a' }],
        [{ id: 'b' }],
      ]);
      const seal = sealAll(here, tab.store.standing);
      await tab.store.append(() => seal);
      await tab.store.close();
      const again = await here.open();
      expect(await again.store.sealedRecords()).toEqual([seal]);
      expect(unsentCount(again.store.standing)).toBe(2);
      await again.store.append(() => ({ kind: 'acknowledged', size: 1, root: seal.after.root }));
      expect(await again.store.sealedRecords()).toEqual([]);
      expect(unsentCount(again.store.standing)).toBe(0);
      await again.store.close();
    });

    test('PULL-12: the bytes of an entry that the cursor passed are kept', async () => {
      const here = await device();
      const tab = await here.openFounded();
      const run = new OtherLog(here.space.space, deviceB).run([[{ stamp: makeStamp(start, 1), ops: [] }]]);
      const entries = [{ kind: 'passed', reason: 'malformed', bytes: someBytes(4, 90) } as const];
      await tab.store.append(() => ({ kind: 'applied', heads: [], logs: [{ ...run, entries }] }));
      await tab.store.close();
      const again = await here.open();
      const [passed] = again.store.standing.passed;
      if (!passed) throw new TypeError('one passed position');
      expect(await again.store.passedBytes(passed)).toEqual(someBytes(4, 90));
      await again.store.close();
    });

    test('a note is there for every tab and after reopening, and is no part of the journal', async () => {
      const here = await device();
      const tab = await here.openFounded();
      const { position } = tab.store.standing;
      expect(await tab.store.notes.read('cycle')).toBeNull();
      await writeNote(tab.store.notes, 'cycle', someBytes(1));
      await writeNote(tab.store.notes, 'cycle', someBytes(2));
      await tab.store.close();
      const again = await here.open();
      expect(await again.store.notes.read('cycle')).toEqual(someBytes(2));
      expect(again.store.standing.position).toBe(position);
      await again.store.close();
    });

    test('a record that does not decode is storage-corrupt with its position, and nothing is skipped', async () => {
      const here = await device();
      const tab = await here.openFounded();
      await write(tab, put('items', 'a', { title: 'kept' }));
      const { position } = tab.store.standing;
      await tab.store.close();
      for (const damage of [Uint8Array.of(1, 2, 3), new Uint8Array(0), 'text']) {
        await overwrite(here, position, damage);
        const opening = here.open();
        await expect(opening).rejects.toMatchObject({ code: 'storage-corrupt', values: { position } });
      }
      await overwrite(here, position, undefined);
      await overwrite(here, position + 1, Uint8Array.of(0));
      await expect(here.open()).rejects.toMatchObject({ code: 'storage-corrupt' });
    });

    test('a journal that ends before what was saved of it is storage-corrupt', async () => {
      const here = await device();
      const tab = await here.openFounded();
      await write(tab, put('items', 'a', { title: 'kept' }));
      await tab.store.saveFold();
      const { position } = tab.store.standing;
      await tab.store.close();
      await overwrite(here, position, undefined);
      await expect(here.open()).rejects.toMatchObject({ code: 'storage-corrupt', values: { position } });
    });

    test('STORE-3: a damaged or foreign saved fold is passed over, and the journal says the same', async () => {
      const here = await device();
      const tab = await here.openFounded();
      await write(tab, put('items', 'a', { title: 'kept' }));
      await tab.store.saveFold();
      const { standing } = tab.store;
      await tab.store.close();
      const ofAnotherType = encodeStanding(standing);
      // One byte a character, so that it counts bytes.
      const at = new TextDecoder('latin1').decode(ofAnotherType).indexOf('vnd.cairn.membership');
      ofAnotherType.fill(0x78, at, at + 3);
      const foreign = [Uint8Array.of(0x82, 0x18, 0x63, 0), Uint8Array.of(9, 9, 9)];
      const misread = await withChecksum(encodeStanding({ ...standing, clock: makeStamp(start + 9_999, 0) }));
      misread[misread.length - 1] ^= 1;
      const asSaved = await Promise.all(foreign.map(withChecksum));
      for (const saved of [...foreign, ...asSaved, ofAnotherType, misread, 'text']) {
        await overwrite(here, 'standing', saved, 'saved');
        const again = await here.open();
        expect(again.store.standing).toEqual(standing);
        await again.store.close();
      }
    });

    test('a listener that throws harms neither the write nor the other listeners', async () => {
      const tab = await (await device()).openFounded();
      let told = 0;
      const stop = tab.store.onChange(() => {
        told += 1;
      });
      await write(tab, put('items', 'a', { n: 1 }));
      stop();
      await write(tab, put('items', 'a', { n: 2 }));
      expect(told).toBe(1);
      await tab.store.close();
    });
  });

  describe('several tabs', () => {
    test('STORE-2: of two tabs that write at one position one succeeds, the other reads on and decides again', async () => {
      const here = await device();
      const one = await here.openFounded();
      here.origin.deaf = true;
      const two = await here.open();
      const decided: number[] = [];
      await write(one, put('counters', 'c', { n: 1 }));
      await two.store.append((standing) => {
        decided.push(standing.position);
        const n = Number(two.store.rows.get('counters', 'c')?.cells.get('n')?.value ?? 0);
        return localRecord([put('counters', 'c', { n: n + 1 })], two.store.rows, standing, two.runtime.now());
      });
      expect(decided).toEqual([2, 3]);
      expect(two.store.rows.get('counters', 'c')?.cells.get('n')?.value).toBe(2);
      await one.store.refresh();
      expect(one.store.rows.get('counters', 'c')?.cells.get('n')?.value).toBe(2);
      expect(one.store.standing).toEqual(two.store.standing);
      await one.store.close();
      await two.store.close();
    });

    test('STORE-2: increments of many tabs at once are all there: transactions are serialisable', async () => {
      const here = await device();
      const tabs = [await here.openFounded(), await here.open(), await here.open()];
      const increment = ({ store, runtime }: Tab) =>
        store.append((standing) => {
          const n = Number(store.rows.get('counters', 'c')?.cells.get('n')?.value ?? 0);
          return localRecord([put('counters', 'c', { n: n + 1 })], store.rows, standing, runtime.now());
        });
      await Promise.all(tabs.flatMap((tab) => Array.from({ length: 20 }, () => increment(tab))));
      for (const tab of tabs) {
        await tab.store.refresh();
        expect(tab.store.rows.get('counters', 'c')?.cells.get('n')?.value).toBe(60);
        expect(tab.store.standing).toEqual(tabs[0]?.store.standing);
        await tab.store.close();
      }
    });

    test('STORE-18: a write in one tab is heard in the other, and without the message at the next look', async () => {
      const here = await device();
      const one = await here.openFounded();
      const two = await here.open({ tailEveryMs: 2_000 });
      const heard = new Promise<Change>((resolve) => two.store.onChange(resolve));
      await write(one, put('items', 'a', { n: 1 }));
      expect(await heard).toMatchObject({ rows: [['items', 'a']], own: false });
      here.origin.deaf = true;
      const later = new Promise<Change>((resolve) => two.store.onChange(resolve));
      await write(one, put('items', 'b', { n: 1 }));
      two.runtime.advance(2_000);
      expect(await later).toMatchObject({ rows: [['items', 'b']], own: false });
      await one.store.close();
      await two.store.close();
    });

    test('keys that another tab saved are here before the record that rests on them', async () => {
      const here = await device();
      const one = await here.open();
      const two = await here.open();
      const { a, epochKey } = here.space;
      const heard: (boolean | undefined)[] = [];
      two.store.onChange(() => heard.push(two.store.keyring.device !== null));
      await one.store.keyring.save({ device: a.stored, epochs: new Map([[1, epochKey]]) });
      await found(one.store, here.space);
      await two.store.refresh();
      expect(new Set(heard)).toEqual(new Set([true]));
      expect(two.store.keyring.epochs).toEqual(new Map([[1, epochKey]]));
      expect(two.store.standing.device).toBe(deviceA);
      await one.store.close();
      await two.store.close();
    });

    test('MRG-5: another tab sees a transaction whole or not at all', async () => {
      const here = await device();
      const one = await here.openFounded();
      const two = await here.open();
      const sums: number[] = [];
      two.store.onChange(() => {
        const value = (id: string) => Number(two.store.rows.get('accounts', id)?.cells.get('n')?.value ?? 0);
        sums.push(value('a') + value('b'));
      });
      for (let i = 1; i <= 10; i += 1) {
        await write(one, put('accounts', 'a', { n: i }), put('accounts', 'b', { n: -i }));
      }
      await two.store.refresh();
      expect(new Set(sums)).toEqual(new Set([0]));
      await one.store.close();
      await two.store.close();
    });

    test('STORE-19: a leader whose term has passed cannot mark anything as sent', async () => {
      const here = await device();
      const old = await here.openFounded();
      await old.store.append((standing) => ({ kind: 'term', term: standing.term + 1, tab: 'old' }));
      const { term } = old.store.standing;
      here.origin.deaf = true;
      const young = await here.open();
      await young.store.append((standing) => ({ kind: 'term', term: standing.term + 1, tab: 'young' }));
      const result = await old.store.append((standing) =>
        standing.term === term ? { kind: 'sent', size: 0, term } : null,
      );
      expect(result).toBeNull();
      expect(old.store.standing.tab).toBe('young');
      await old.store.close();
      await young.store.close();
    });

    test('erasing from another tab ends this one and leaves nothing', async () => {
      const here = await device();
      const one = await here.openFounded();
      const two = await here.open();
      const events: StoreEvent[] = [];
      two.store.onEvent((event) => events.push(event));
      await one.store.erase();
      expect(events).toEqual([{ kind: 'erased' }]);
      await expect(write(two, put('items', 'a', { n: 1 }))).rejects.toMatchObject({ code: 'closed' });
      await expect(here.open({ create: false })).rejects.toMatchObject({ code: 'storage-lost' });
      await two.store.close();
    });
  });

  describe('crashes', () => {
    for (const fault of faults) {
      test(`STORE-1: ${fault} at any transaction leaves all of a record or none, and nothing twice`, async () => {
        const writes = 5;
        let reached = true;
        for (let at = 1; reached; at += 1) {
          expect(at).toBeLessThan(60);
          reached = await crashAt(await device(), fault, at, writes);
        }
      });
    }

    test('STORE-20: a connection that drops again and again ends in storage-broken, and works when it is back', async () => {
      const here = await device();
      await (await here.openFounded()).store.close();
      let down = false;
      const tab = await here.open({}, () => (down ? 'drop-before' : null));
      const { position } = tab.store.standing;
      down = true;
      await expect(write(tab, put('items', 'a', { n: 1 }))).rejects.toMatchObject({ code: 'storage-broken' });
      expect(tab.store.standing.position).toBe(position);
      down = false;
      expect(await write(tab, put('items', 'a', { n: 1 }))).toEqual({ position: position + 1 });
      await tab.store.close();
    });

    test('STORE-20: connections closed by the browser are opened again for reads and writes', async () => {
      const here = await device();
      // Opened anew: a fold that is still being saved would open a connection too.
      await (await here.openFounded()).store.close();
      const tab = await here.open();
      const events: StoreEvent[] = [];
      tab.store.onEvent((event) => events.push(event));
      tab.faulty.dropConnections();
      await write(tab, put('items', 'a', { n: 1 }));
      tab.faulty.dropConnections();
      await tab.store.refresh();
      expect(events.map((event) => event.kind)).toEqual(['reopened', 'reopened']);
      await tab.store.close();
    });
  });
}

/**
 * A tab writes rows, saves its fold and keys, while the fault strikes at its transaction number `at`. Afterwards every write that
 * succeeded is there once, every other is there whole or not at all, and the store goes on. False: the tab had
 * fewer transactions.
 */
async function crashAt(here: TestDevice, fault: Fault, at: number, writes: number): Promise<boolean> {
  const { faulty, runtime } = here.runtime(({ index }) => (index === at ? fault : null));
  const acknowledged = new Set<number>();
  const failed: unknown[] = [];
  const working = (async () => {
    const store = await openStore(runtime, here.space.space, { tailEveryMs: null, saveEvery: 3 });
    await found(store, here.space);
    for (let n = 0; n < writes; n += 1) {
      try {
        await write({ store, runtime }, put('items', `r${n}`, { a: n }), put('lists', `r${n}`, { b: n }));
        acknowledged.add(n);
      } catch (thrown) {
        failed.push(thrown);
      }
    }
    await store.keyring.save({ identity: someBytes(3) });
    await store.saveFold();
    await store.close();
  })().catch((thrown: unknown) => failed.push(thrown));
  const died = new Promise<void>((resolve) => {
    faulty.onKilled = resolve;
  });
  await Promise.race([working, died]);
  for (const thrown of failed) expect(thrown).toBeInstanceOf(CairnError);
  if (!faulty.killed && fault !== 'quota') expect(failed).toEqual([]);

  const again = await here.open();
  const { rows, standing } = again.store;
  const present = new Set(rows.above.ids('items').map((id) => Number(id.slice(1))));
  for (const n of acknowledged) expect(present).toContain(n);
  expect(rows.above.ids('lists')).toEqual(rows.above.ids('items'));
  expect(standing.outbox.length).toBe(present.size);
  await found(again.store, here.space);
  await write(again, put('items', 'after', { a: 1 }));
  const digest = await digestRows(all(again));
  await again.store.close();
  const third = await here.open();
  expect(await digestRows(all(third))).toBe(digest);
  await third.store.close();
  return faulty.transactions >= at;
}

/** One entry over everything in the outbox. */
function sealAll(here: TestDevice, { outbox, cursors }: Standing): SealedRecord {
  const log = new OtherLog(here.space.space, deviceA);
  log.cursor = cursors.get(deviceA) ?? log.cursor;
  const { from, entries, after } = log.run([[{ stamp: makeStamp(start, 3), ops: [] }]]);
  const sealed = entries.flatMap((entry) => {
    if (entry.kind === 'passed') return [];
    const { header, nonce, packed } = entry;
    return [{ entry: { header, nonce, packed }, through: outbox.at(-1)?.position ?? 0 }];
  });
  return { kind: 'sealed', from, entries: sealed, after, head: someBytes(6, 80) };
}

const all = ({ store }: Tab) => store.rows.all();

/** Damages the database behind every store's back; `undefined` deletes. */
async function overwrite(
  here: TestDevice,
  key: number | string,
  value: unknown,
  storeName: 'journal' | 'saved' = 'journal',
): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = here.factory.open(databaseName(here.space.space));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  await new Promise<void>((resolve, reject) => {
    const transaction = database.transaction(storeName, 'readwrite');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    const store = transaction.objectStore(storeName);
    if (value === undefined) store.delete(key);
    else store.put(value, key);
  });
  database.close();
}

/** Text that does not deflate. */
function noise(seed: number, length: number): string {
  let state = seed + 1;
  let text = '';
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += state.toString(36);
  }
  return text.slice(0, length);
}
