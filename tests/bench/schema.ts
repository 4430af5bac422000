import { boolean, date, defineSchema, integer, ref, text } from '../../src/client/index.ts';

/** The app's lists and items. */
export const schema = defineSchema({
  version: 1,
  tables: {
    lists: { title: text() },
    items: {
      list: ref('lists'),
      title: text(),
      note: text({ default: '' }),
      done: boolean({ default: false }),
      priority: integer({ optional: true }),
      due: date({ optional: true }),
    },
  },
});
