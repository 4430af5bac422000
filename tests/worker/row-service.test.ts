import { expect, test } from 'vitest';
import { RowService } from '../../src/worker/row-service.ts';
import { schema } from '../client/schema.ts';
import { World } from '../sync/world.ts';

test('PUSH-1: a write that waits for a fold has reached the store when the space has settled', async () => {
  const ada = await new World().found();
  const { store, runtime } = ada;
  let makeRoom: () => void = () => undefined;
  const room = new Promise<void>((resolve) => {
    makeRoom = resolve;
  });
  const crowded = {
    standing: store.standing,
    rows: store.rows,
    append: store.append.bind(store),
    room: () => room,
  };
  const rows = new RowService(runtime, schema, crowded, () => undefined);
  const op = { kind: 'put', table: 'lists', id: 'l', values: { title: 'late' } } as const;
  const written = rows.writing((writing) => writing.write([op]));
  let isSettled = false;
  const settled = rows.settle().then(() => {
    isSettled = true;
  });
  await ada.put('other');
  expect(isSettled).toBe(false);
  makeRoom();
  await settled;
  expect(store.rows.get('lists', 'l')?.cells.get('title')?.value).toBe('late');
  await written;
  rows.close();
});
