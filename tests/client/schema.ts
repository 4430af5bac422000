import { boolean, date, defineSchema, integer, json, number, ref, text } from '../../src/client/index.ts';

/** The schema of the client's tests: the app's lists and items, and a table with a column of every type. */
export const schema = defineSchema({
  version: 1,
  tables: {
    lists: { title: text(), order: number({ optional: true }) },
    items: {
      list: ref('lists'),
      title: text(),
      note: text({ default: '' }),
      done: boolean({ default: false }),
      priority: integer({ optional: true }),
      due: date({ optional: true }),
    },
    things: {
      name: text(),
      count: integer({ default: 0 }),
      weight: number({ optional: true }),
      made: date({ optional: true }),
      extra: json<{ tags: string[] } | null>({ optional: true }),
      friend: ref('lists', { optional: true }),
    },
  },
});
