import { boolean, defineSchema, integer, text } from '../../src/client/index.ts';
import type { OpenRequest } from '../../src/worker/protocol.ts';

export const relayOrigin = 'http://relay.test';

/** What every simulated app opens its space with. */
export const request: OpenRequest = {
  schema: defineSchema({
    version: 1,
    tables: {
      lists: { title: text(), note: text({ default: '' }) },
      items: { title: text(), done: boolean({ default: false }), priority: integer({ optional: true }) },
    },
  }),
  relay: relayOrigin,
  appUrl: 'http://app.test/',
};
