/** What the app keeps: lists and their items. Plain data, handed to the library as it is. */
import { boolean, date, defineSchema, integer, type Row, ref, type Space, text } from '../client/index.ts';

export const schema = defineSchema({
  version: 1,
  tables: {
    lists: { title: text(), order: text({ default: '' }) },
    items: {
      list: ref('lists'),
      title: text(),
      note: text({ default: '' }),
      done: boolean({ default: false }),
      /** 1 is the highest; empty means none. */
      priority: integer({ optional: true }),
      /** A day, as midnight UTC in milliseconds. */
      due: date({ optional: true }),
      /** Where it stands by hand: keys of `hand-order`, compared as text; items without one come first. */
      order: text({ default: '' }),
    },
  },
});

export type AppSpace = Space<typeof schema>;
export type List = Row<typeof schema, 'lists'>;
export type Item = Row<typeof schema, 'items'>;
