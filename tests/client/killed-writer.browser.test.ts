/**
 * A worker that is ended in the middle of a write, as a crash or a reload ends it. WebKit never ends a transaction whose `commit`
 * was called before it began, when its worker goes in that moment, and whoever opens the store next waits for ever.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSpace, type Space } from '../../src/client/index.ts';
import { schema } from './schema.ts';

/** Nothing listens there: this needs no relay. */
const relay = 'http://127.0.0.1:4';

let newest: Worker | null = null;
let space: Space<typeof schema>;

beforeEach(async () => {
  const worker = (): Worker => {
    newest = new Worker(new URL('./space-worker.ts', import.meta.url), { type: 'module' });
    return newest;
  };
  space = await createSpace({ schema, worker, relay, memberName: 'Ada', deviceName: 'Laptop' });
});
afterEach(async () => {
  await space.close();
});

test('APP-17, STORE-15: a worker that dies in the middle of a write keeps the next one from nothing', async () => {
  const { lists } = space.tables;
  for (let kills = 1; kills <= 5; kills += 1) {
    let answered = 0;
    const writes = Array.from({ length: 30 }, () => lists.put({ title: 'in flight' }));
    const ends = Promise.allSettled(
      writes.map(async (write) => {
        await write;
        answered += 1;
      }),
    );
    // Others follow it, so that one is under way at whatever moment the worker ends.
    await writes[kills];
    newest?.terminate();
    await ends;
    expect(await lists.count()).toBeGreaterThanOrEqual(answered);
    await lists.put({ title: `after ${kills}` });
  }
});
