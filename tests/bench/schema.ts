import { boolean, date, defineSchema, integer, ref, text } from '../../src/client/index.ts';

const tables = {
  lists: { title: text() },
  items: {
    list: ref('lists'),
    title: text(),
    note: text({ default: '' }),
    done: boolean({ default: false }),
    priority: integer({ optional: true }),
    due: date({ optional: true }),
  },
};

/** The app's lists and items: the items of a list in an order, and all of them in one. */
export const schema = defineSchema({
  version: 1,
  tables,
  indexes: { items: [['list', 'due'], ['due']] },
});

/** The same with one index of random values besides that of the reference. */
export const randomIndexSchema = defineSchema({ version: 1, tables, indexes: { items: [['due']] } });
