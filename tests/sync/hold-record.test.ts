import { expect, test, vi } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { asDeviceNumber } from '../../src/format/stamp.ts';
import { hold, type Stop } from '../../src/sync/hold-record.ts';
import { World } from './world.ts';

const log = asDeviceNumber(2);
const conditions = { membership: 2, head: 3, keys: 1 };

test('PULL-13: a hold whose successor could not be recorded is still woken by what it waits for', async () => {
  const ada = await new World().found();
  const { ctx, store } = ada;
  const ahead: Stop = { log, position: 1, reason: 'clock-ahead', evidence: null, until: 1_000 };
  await hold(ctx, ahead, conditions);
  expect(ctx.holds.isAwake(log, 'clock-ahead', conditions, 999)).toBe(false);
  vi.spyOn(store, 'append').mockRejectedValueOnce(new CairnError('storage-full', 'The disk is full'));
  const next: Stop = { log, position: 2, reason: 'missing-key', evidence: null, until: null };
  await expect(hold(ctx, next, conditions)).rejects.toMatchObject({ code: 'storage-full' });
  expect(store.standing.holds.get(log)).toMatchObject({ reason: 'clock-ahead', position: 1 });
  expect(ctx.holds.isAwake(log, 'clock-ahead', conditions, 1_000)).toBe(true);
});
