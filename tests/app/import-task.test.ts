import { expect, test } from 'vitest';
import { importTask, takeImportBack } from '../../src/app/import-task.ts';
import { notices } from '../../src/app/notices.ts';
import { rowsPerTransaction } from '../../src/app/row-writing.ts';
import { type AppSpace, schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';

test('an import of thousands of lists is taken back as a whole, in transactions that fit', async () => {
  const space = await memorySpace(schema);
  const written = { lists: [] as string[], items: [] as string[] };
  while (written.lists.length < 3 * rowsPerTransaction) {
    await space.transaction((tx) => {
      for (let row = 0; row < rowsPerTransaction; row++) {
        const list = tx.tables.lists.put({ title: `List ${row}` });
        written.lists.push(list);
        written.items.push(tx.tables.items.put({ list, title: `Item ${row}` }));
      }
    });
  }
  const report = { rows: 0, lists: 0, share: 1, faults: [], faultCount: 0, written, cancelled: false };
  importTask.value = { kind: 'done', space: space.id, name: 'places.csv', report };
  let transactions = 0;
  const watched: AppSpace = new Proxy(space, {
    get: (target, name) => {
      if (name === 'transaction') transactions += 1;
      return Reflect.get(target, name);
    },
  });
  await takeImportBack(watched);
  expect(notices.value.map(({ text }) => text)).toEqual(['1,500 items from places.csv were taken back.']);
  expect(importTask.value.kind).toBe('idle');
  expect(transactions).toBe(6);
  expect([await space.tables.lists.count(), await space.tables.items.count()]).toEqual([0, 0]);
  expect(await space.tables.lists.deleted(2_000)).toHaveLength(1_500);
});
