import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { calm, Network } from './network.ts';
import { Random } from './random.ts';
import { Scheduler, takeOver } from './scheduler.ts';
import { Profile, VirtualRuntime } from './virtual-runtime.ts';

/** A run with storage, crypto, network and timers at once; its trace is the order in which they completed. */
async function trace(seed: number): Promise<string[]> {
  const random = new Random(seed);
  const scheduler = new Scheduler(random.fork('order'), 1_000_000);
  const release = takeOver(scheduler);
  try {
    const network = new Network(scheduler, random.fork('network'));
    network.faults = { ...calm, loseRequest: 0.2, loseAnswer: 0.2, duplicate: 0.2, delayMs: 50 };
    network.handler = async (request) => {
      const body = new Uint8Array(await request.arrayBuffer());
      const hash = await crypto.subtle.digest('SHA-256', body);
      return new Response(new Uint8Array(hash));
    };
    const events: string[] = [];
    const runs = ['a', 'b', 'c'].map(async (name) => {
      const profile = new Profile(name, new IDBFactory());
      const runtime = new VirtualRuntime(
        name,
        scheduler,
        random.fork(name),
        profile,
        network,
        profile.indexedDB,
      );
      const database = await openDB('db', 1, { upgrade: (db) => void db.createObjectStore('s') });
      for (let i = 0; i < 10; i++) {
        await database.put('s', new Uint8Array(10), i);
        events.push(`${name} put ${i} ${runtime.now()}`);
        await crypto.subtle.digest('SHA-256', runtime.randomBytes(1000));
        events.push(`${name} hash ${i} ${runtime.now()}`);
        await runtime
          .fetch('http://relay/x', { method: 'POST', body: runtime.randomBytes(100) })
          .then(async (r) =>
            events.push(`${name} answer ${(await r.arrayBuffer()).byteLength} ${runtime.now()}`),
          )
          .catch((error: Error) => events.push(`${name} ${error.message} ${runtime.now()}`));
        await new Promise<void>((resolve) => runtime.setTimer(10, resolve));
      }
      database.close();
    });
    let finished = false;
    const all = Promise.all(runs).then(() => {
      finished = true;
    });
    expect(await scheduler.run(() => finished, Number.POSITIVE_INFINITY)).toBe('done');
    await all;
    return events;
  } finally {
    release();
  }
}

test('TEST-1: the same seed gives the same run, step by step', async () => {
  const first = await trace(7);
  expect(first.length).toBe(90);
  for (let again = 0; again < 5; again++) expect(await trace(7)).toEqual(first);
});

test('TEST-1: another seed gives another interleaving', async () => {
  expect(await trace(8)).not.toEqual(await trace(7));
});
