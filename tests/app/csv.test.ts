import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Columns,
  guessColumns,
  isFault,
  linesOf,
  listOfFile,
  namesColumns,
  readRecord,
} from '../../src/app/csv.ts';
import { type CsvFile, openCsv } from '../../src/app/csv-file.ts';
import { type ImportProgress, importCsv } from '../../src/app/csv-import.ts';
import { type AppSpace, schema } from '../../src/app/schema.ts';
import { CairnError, memorySpace } from '../../src/client/index.ts';
import { property } from '../property.ts';

const file = (text: string | Uint8Array<ArrayBuffer>, name = 'places.csv'): File => new File([text], name);
const records = (csv: CsvFile) => [...csv.batches(1)].flatMap((batch) => batch.records);
const never = new AbortController().signal;

/** As the app proposes to read it. */
const readingOf = (csv: CsvFile) => ({
  columns: guessColumns(csv.first),
  hasHeader: namesColumns(csv.first),
});

async function imported(space: AppSpace, text: string, signal = never, progress: ImportProgress[] = []) {
  const csv = await openCsv(file(text));
  return importCsv(space, csv, readingOf(csv), signal, (step) => progress.push(step));
}

const none: Columns = { list: null, title: null, note: null, done: null, priority: null, due: null };
const plain = { note: '', done: false, priority: null, due: null };

describe('columns', () => {
  test('headers are found without regard to case, accents and punctuation, in any order and in other words', () => {
    expect(guessColumns(['Note', 'LIST', 'Title'])).toEqual({ ...none, list: 1, title: 2, note: 0 });
    expect(guessColumns(['list_name', 'Náme', 'Description'])).toEqual({
      ...none,
      list: 0,
      title: 1,
      note: 2,
    });
    expect(guessColumns(['country', 'name', 'lat', 'lng'])).toEqual({ ...none, list: 0, title: 1 });
    expect(guessColumns(['Completed', 'title', 'Due date', 'prio'])).toEqual({
      ...none,
      title: 1,
      done: 0,
      priority: 3,
      due: 2,
    });
    expect(guessColumns(['a', 'b'])).toEqual(none);
  });

  test('a column is taken for one thing only', () => {
    expect(guessColumns(['title', 'title'])).toEqual({ ...none, title: 0 });
  });
});

describe('records', () => {
  const columns = { list: 0, title: 1, note: 2, done: 3, priority: 4, due: 5 };

  test('a record without a list of its own goes to the list of the file, and one without a title is a fault', () => {
    expect(readRecord(['', ' Milk ', ''], 3, columns, 'places')).toEqual({
      line: 3,
      list: 'places',
      title: 'Milk',
      ...plain,
    });
    expect(readRecord(['Shop', '  ', 'x'], 4, columns, 'places')).toEqual({ line: 4, what: 'has no title' });
    expect(readRecord(['Shop'], 5, columns, 'places')).toEqual({ line: 5, what: 'has no title' });
    expect(readRecord([' ', ''], 6, columns, 'places')).toBeNull();
  });

  test('done, priority and due are understood in the words that people and other programs use', () => {
    const read = (done: string, priority = '', due = '') =>
      readRecord(['L', 'T', '', done, priority, due], 2, columns, 'x');
    for (const yes of ['done', 'x', 'X', 'TRUE', '1', 'Yes', '✓', 'completed'])
      expect(read(yes)).toMatchObject({ done: true });
    for (const no of ['', 'no', 'False', '0', 'open']) expect(read(no)).toMatchObject({ done: false });
    for (const [text, priority] of [
      ['', null],
      ['High', 1],
      ['2', 2],
      ['low', 3],
      ['7', 7],
    ] as const)
      expect(read('', text)).toMatchObject({ priority });
    const day = Date.UTC(2027, 1, 28);
    expect(read('', '', '2027-02-28')).toMatchObject({ due: day });
    expect(read('', '', '2027-02-28T23:30:00+02:00')).toMatchObject({ due: day });
    expect(read('', '', '')).toMatchObject({ due: null });
  });

  test('what is not understood is a fault that names it, never a guess', () => {
    const what = (...cells: string[]): string => {
      const read = readRecord(['L', 'T', '', ...cells], 2, columns, 'x');
      if (read === null || !isFault(read)) throw new Error('it was understood');
      return read.what;
    };
    expect(what('perhaps')).toContain('“perhaps”');
    expect(what('', 'urgent!')).toContain('“urgent!”');
    expect(what('', '1.5')).toContain('“1.5”');
    for (const day of ['3/4/2027', '2027-02-30', '20270228', 'tomorrow'])
      expect(what('', '', day)).toContain(`“${day}”`);
  });

  test('a character that was broken on the way is a fault, not a row', () => {
    const read = readRecord(['Shop', 'M\uFFFDlk'], 2, columns, 'x');
    expect(read !== null && isFault(read)).toBe(true);
  });

  test('the lines of a record count the breaks inside its cells', () => {
    expect(linesOf(['a', 'b'])).toBe(1);
    expect(linesOf(['a\nb', 'c\r\nd\re'])).toBe(4);
  });

  test('the list of a file is its name without its ending', () => {
    expect([listOfFile('a.b.csv'), listOfFile('.csv'), listOfFile('x')]).toEqual(['a.b', 'Imported', 'x']);
  });
});

describe('files', () => {
  const cell = fc.string({
    maxLength: 12,
    unit: fc.constantFrom('a', 'é', '東', '👩🏽', ',', ';', '"', '\n', '\r\n', ' ', '\t'),
  });
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  property(
    'cells of any characters come back as they were written, and each record knows its line',
    300,
    fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 30 }),
    fc.constantFrom('\n', '\r\n'),
    async (rows, newline) => {
      const lines = [['list', 'title', 'note'], ...rows].map((cells) => cells.map(quoted).join(','));
      const csv = await openCsv(file(lines.join(newline)));
      const read = records(csv);
      expect(read.map(({ cells }) => cells)).toEqual(rows);
      expect(read.map(({ fault }) => fault)).toEqual(rows.map(() => null));
      let line = 2;
      for (const [index, cells] of rows.entries()) {
        expect(read[index]?.line).toBe(line);
        line += linesOf(cells);
      }
    },
  );

  test('a file of many pieces, with characters of several bytes at every place, is read whole', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, index) => `${'日本語'.slice(index % 3)}${index},名${index}`,
    );
    const csv = await openCsv(file(`list,title\n${rows.join('\n')}\n`));
    expect([...csv.batches(1)].length).toBeGreaterThan(2);
    expect(records(csv).map(({ cells }) => cells.join(','))).toEqual([...rows, '']);
    expect(records(csv).at(-2)?.line).toBe(20_001);
  });

  test('a record that is longer than a piece is read whole', async () => {
    const long = 'x'.repeat(400_000);
    const csv = await openCsv(file(`list,title,note\nA,B,"${long}"\nC,D,E`));
    expect(records(csv).map(({ cells }) => [cells[0], cells[2]?.length])).toEqual([
      ['A', 400_000],
      ['C', 1],
    ]);
  });

  test('semicolons, tabs, byte order marks and other encodings are understood', async () => {
    const bom = '\uFEFFlist;title\nA;B';
    expect((await openCsv(file(bom))).first).toEqual(['list', 'title']);
    expect((await openCsv(file('list\ttitle\nA\tB'))).first).toEqual(['list', 'title']);
    const latin = await openCsv(
      file(new Uint8Array([...'title\nK'].map((c) => c.charCodeAt(0)).concat(0xf6, 0x6c))),
    );
    expect(latin.guessedEncoding).toBe(true);
    expect(records(latin)[0]?.cells).toEqual(['Köl']);
    const wide = new Uint8Array([0xff, 0xfe, ...[...'title\nö'].flatMap((c) => [c.charCodeAt(0), 0])]);
    expect(records(await openCsv(file(wide)))[0]?.cells).toEqual(['ö']);
  });

  test('an empty file has no header and no records', async () => {
    const csv = await openCsv(file(''));
    expect(csv.first).toEqual([]);
    expect(records(csv)).toEqual([]);
  });
});

describe('the import', () => {
  test('rows become items of lists that are made once, and lists that are there are used', async () => {
    const space = await memorySpace(schema);
    const here = await space.tables.lists.put({ title: 'Peru' });
    const text = [
      'country,name,notes',
      'Peru,Lima,"big, warm"',
      'Österreich,Graz,',
      'Österreich,Wien,',
      ',Nowhere,',
    ];
    const report = await imported(space, text.join('\n'));
    expect(report).toMatchObject({ rows: 4, lists: 2, faultCount: 0, cancelled: false, share: 1 });
    const lists = await space.tables.lists.query({ orderBy: 'title' });
    expect(lists.map(({ title }) => title)).toEqual(['Peru', 'places', 'Österreich']);
    const peru = await space.tables.items.query({ where: { list: here } });
    expect(peru.map(({ title, note, done }) => [title, note, done])).toEqual([['Lima', 'big, warm', false]]);
    await space.close();
  });

  test('items keep the order of the file, over many transactions', async () => {
    const space = await memorySpace(schema);
    const titles = Array.from({ length: 1_750 }, (_, index) => `t${index}`);
    const progress: ImportProgress[] = [];
    const report = await imported(space, `title\n${titles.join('\n')}`, never, progress);
    expect(report.rows).toBe(1_750);
    expect((await space.tables.items.query()).map(({ title }) => title)).toEqual(titles);
    // Three full transactions and the rest.
    expect(progress.map(({ rows }) => rows)).toEqual(expect.arrayContaining([500, 1_000, 1_500]));
    await space.close();
  });

  test('what an import tells of its progress is no copy of all that it wrote', async () => {
    const space = await memorySpace(schema);
    const progress: ImportProgress[] = [];
    const report = await imported(space, `title\n${'t\n'.repeat(1_200)}`, never, progress);
    expect(report.written.items).toHaveLength(1_200);
    expect(progress.length).toBeGreaterThan(2);
    for (const { written } of progress) expect(written.items).toBe(report.written.items);
    await space.close();
  });

  test('lines with faults are reported with their numbers, and all others are written', async () => {
    const space = await memorySpace(schema);
    const text = [
      'list,title,note',
      'A,one,',
      'A,,lost',
      '',
      'A,"two\nlines",',
      'A,',
      'A,four,"never closed',
    ];
    const report = await imported(space, text.join('\n'));
    expect(report.rows).toBe(2);
    expect(report.faults.map(({ line }) => line)).toEqual([3, 7, 8]);
    expect(report.faults[2]?.what).toContain('never closed');
    await space.close();
  });

  test('a row that is refused for its contents is reported by its line, and its batch is written without it', async () => {
    const space = await memorySpace(schema);
    const rows = Array.from(
      { length: 40 },
      (_, index) => `A,t${index},${index === 17 ? 'x'.repeat(40_000) : ''}`,
    );
    const report = await imported(space, `list,title,note\n${rows.join('\n')}`);
    expect(report).toMatchObject({ rows: 39, lists: 1, faultCount: 1 });
    expect(report.faults[0]).toMatchObject({ line: 19 });
    expect(await space.tables.items.count()).toBe(39);
    expect(await space.tables.lists.count()).toBe(1);
    await space.close();
  });

  test('a batch that is too large for one change is written in parts', async () => {
    const space = await memorySpace(schema);
    const random = (seed: number): string => {
      let state = seed;
      return Array.from({ length: 3_000 }, () => {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        return String.fromCharCode(0x4e00 + (state % 20_000));
      }).join('');
    };
    const rows = Array.from({ length: 120 }, (_, index) => `A,t${index},${random(index + 1)}`);
    const report = await imported(space, `list,title,note\n${rows.join('\n')}`);
    expect(report).toMatchObject({ rows: 120, lists: 1, faultCount: 0 });
    expect(await space.tables.items.count()).toBe(120);
    await space.close();
  });

  test('an import that is stopped keeps what was written and says how much', async () => {
    const space = await memorySpace(schema);
    const stop = new AbortController();
    const csv = await openCsv(
      file(`title\n${Array.from({ length: 5_000 }, (_, index) => `t${index}`).join('\n')}`),
    );
    const report = await importCsv(space, csv, readingOf(csv), stop.signal, ({ rows }) => {
      if (rows === 1_000) stop.abort();
    });
    expect(report).toMatchObject({ rows: 1_000, cancelled: true });
    expect(await space.tables.items.count()).toBe(1_000);
    await space.close();
  });

  test('a file whose first line is no header loses nothing of it', async () => {
    const space = await memorySpace(schema);
    const csv = await openCsv(file('Milk,2 l\nBread,\nEggs,ten'));
    expect(readingOf(csv).hasHeader).toBe(false);
    const columns = { ...none, title: 0, note: 1 };
    const report = await importCsv(space, csv, { columns, hasHeader: false }, never, () => undefined);
    expect(report).toMatchObject({ rows: 3, faultCount: 0 });
    const rows = await space.tables.items.query();
    expect(rows.map(({ title, note }) => [title, note])).toEqual([
      ['Milk', '2 l'],
      ['Bread', ''],
      ['Eggs', 'ten'],
    ]);
    await space.close();
  });

  test('an import into a space that closes ends with its error', async () => {
    const space = await memorySpace(schema);
    await space.close();
    await expect(imported(space, 'title\nA')).rejects.toBeInstanceOf(CairnError);
  });
});
