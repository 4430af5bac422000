import { expect, test } from 'vitest';
import { askToPersist, storageHealth } from '../../src/store/storage-health.ts';

test('STORE-23: used and available space and persistence are what the browser says', async () => {
  const storage = {
    estimate: async () => ({ usage: 12, quota: 100 }),
    persisted: async () => false,
    persist: async () => true,
  };
  expect(await storageHealth(storage)).toEqual({ persisted: false, usage: 12, quota: 100 });
});

test('APP-8: what a browser does not tell is unknown, never zero', async () => {
  const failing = async () => {
    throw new TypeError('not allowed');
  };
  const unknown = { persisted: null, usage: null, quota: null };
  expect(await storageHealth(null)).toEqual(unknown);
  expect(await storageHealth({ estimate: async () => ({}) })).toEqual(unknown);
  expect(await storageHealth({ estimate: failing, persisted: failing, persist: failing })).toEqual(unknown);
  expect(await askToPersist(null)).toBeNull();
  expect(await askToPersist({ estimate: failing, persist: failing })).toBeNull();
});

test('STORE-23: persistent storage is asked for only where it is not granted already', async () => {
  let asked = 0;
  const storage = (persisted: boolean, answer: boolean) => ({
    estimate: async () => ({}),
    persisted: async () => persisted,
    persist: async () => {
      asked += 1;
      return answer;
    },
  });
  expect(await askToPersist(storage(true, false))).toBe(true);
  expect(asked).toBe(0);
  expect(await askToPersist(storage(false, false))).toBe(false);
  expect(await askToPersist(storage(false, true))).toBe(true);
  expect(asked).toBe(2);
});
