import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeAll, expect, test } from 'vitest';
import { compare } from '../../src/format/bytes.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import { checked, withChecksum } from '../../src/store/saved-checksum.ts';
import { decodeStanding, encodeStanding } from '../../src/store/saved-fold.ts';
import { TestDevice } from './harness.ts';
import { deviceB, OtherLog, someBytes, start, type TestSpace } from './space.ts';

let space: TestSpace;
let bytes: Uint8Array<ArrayBuffer>;

/** A standing of a device in a space with members, and with entries of another log applied. */
beforeAll(async () => {
  const here = await TestDevice.make(new IDBFactory());
  space = here.space;
  const { store } = await here.openFounded();
  const op = { kind: 'put', table: 't', id: 'a', cells: new Map([['x', 1]]), seen: new Map() } as const;
  const run = new OtherLog(space.space, deviceB).run([[{ stamp: makeStamp(start, 1), ops: [op] }]]);
  await store.append(() => ({ kind: 'applied', heads: [], logs: [run] }));
  const { standing } = store;
  await store.close();
  expect(standing.membership.size).toBeGreaterThan(1);
  expect(standing.cursors.size).toBe(1);
  bytes = encodeStanding(standing);
});

test('STORE-3: a saved fold comes back as it was saved', async () => {
  const back = await checked(await withChecksum(bytes));
  expect(back === null ? null : compare(back, bytes)).toBe(0);
  const standing = decodeStanding(bytes, space.space);
  expect(standing === null ? null : compare(encodeStanding(standing), bytes)).toBe(0);
});

test('TEST-8: a saved fold with any byte other, cut short or longer is no saved fold', async () => {
  const saved = await withChecksum(bytes);
  for (let at = 0; at < saved.length; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      saved[at] ^= flip;
      expect([at, flip, await checked(saved)]).toEqual([at, flip, null]);
      saved[at] ^= flip;
    }
  }
  for (const length of [0, 1, 31, 32, bytes.length, saved.length - 1])
    expect(await checked(saved.slice(0, length))).toBeNull();
  expect(await checked(new Uint8Array([...saved, ...someBytes(1, 1)]))).toBeNull();
  // As builds saved it that knew no checksum.
  expect(await checked(bytes)).toBeNull();
});
