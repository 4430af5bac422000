import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guessColumns } from '../../src/app/csv.ts';
import { openCsv } from '../../src/app/csv-file.ts';
import { importCsv } from '../../src/app/csv-import.ts';
import { asCsv, asJson } from '../../src/app/exporting.ts';
import { type AppSpace, schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';
import { property } from '../property.ts';

const day = Date.UTC(2027, 1, 28);

async function filled(): Promise<AppSpace> {
  const space = await memorySpace(schema);
  const trip = await space.tables.lists.put({ title: 'Trip' });
  await space.tables.lists.put({ title: 'Nothing in it' });
  await space.tables.items.put({ list: trip, title: 'Stove, "the small one"', note: 'two\nlines' });
  await space.tables.items.put({ list: trip, title: '日本語', done: true, priority: 1, due: day });
  return space;
}

/** All that a person would miss, without ids and times. */
async function contents(space: AppSpace): Promise<unknown[]> {
  const titles = new Map((await space.tables.lists.query()).map(({ id, title }) => [id, title]));
  return (await space.tables.items.query()).map(({ list, title, note, done, priority, due }) => [
    titles.get(list),
    title,
    note,
    done,
    priority,
    due,
  ]);
}

describe('taking all of a space along', () => {
  test('a CSV file has a line for each item, with its list, and days as people write them', async () => {
    const space = await filled();
    expect((await asCsv(space)).split('\r\n')).toEqual([
      '\uFEFF"list","title","note","done","priority","due"',
      '"Trip","Stove, ""the small one""","two\nlines","","",""',
      '"Trip","日本語","","done","1","2027-02-28"',
      '',
    ]);
    await space.close();
  });

  test('a JSON file has the lists, the empty ones too, each with its items', async () => {
    const space = await filled();
    expect(JSON.parse(await asJson(space, 'Ada’s lists', day))).toEqual({
      app: 'Cairn',
      version: 1,
      space: 'Ada’s lists',
      saved: '2027-02-28T00:00:00.000Z',
      lists: [
        {
          title: 'Trip',
          items: [
            { title: 'Stove, "the small one"', note: 'two\nlines', done: false, priority: null, due: null },
            { title: '日本語', note: '', done: true, priority: 1, due: '2027-02-28' },
          ],
        },
        { title: 'Nothing in it', items: [] },
      ],
    });
    await space.close();
  });

  const words = fc.string({
    minLength: 1,
    maxLength: 8,
    unit: fc.constantFrom('a', 'é', '東', ',', '"', '\n', '='),
  });
  const title = words.filter((text) => text.trim() === text);
  property(
    'what was saved as CSV comes back whole by the import',
    60,
    fc.array(
      fc.record({
        list: fc.constantFrom('one', 'two'),
        title,
        note: fc.oneof(fc.constant(''), title),
        done: fc.boolean(),
        priority: fc.option(fc.integer({ min: 1, max: 9 })),
        due: fc.option(fc.integer({ min: 0, max: 40_000 }).map((days) => days * 86_400_000)),
      }),
      { maxLength: 12 },
    ),
    async (items) => {
      const from = await memorySpace(schema);
      const lists = new Map<string, string>();
      for (const item of items) {
        const list = lists.get(item.list) ?? (await from.tables.lists.put({ title: item.list }));
        lists.set(item.list, list);
        const { priority, due, ...rest } = item;
        await from.tables.items.put({
          ...rest,
          list,
          ...(priority === null ? {} : { priority }),
          ...(due === null ? {} : { due }),
        });
      }
      const file = await openCsv(new File([await asCsv(from)], 'all.csv'));
      const to = await memorySpace(schema);
      const reading = { columns: guessColumns(file.first), hasHeader: true };
      const report = await importCsv(to, file, reading, new AbortController().signal, () => undefined);
      expect(report.faults).toEqual([]);
      const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
      expect(sorted(await contents(to))).toEqual(sorted(await contents(from)));
      await Promise.all([from.close(), to.close()]);
    },
  );
});
