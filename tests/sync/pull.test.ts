import { describe, expect, test } from 'vitest';
import type { Bytes, Hash } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { decodeHead } from '../../src/format/head.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { appendLeaves, emptyRoot, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { mapOf } from '../../src/format/shape.ts';
import { signObject } from '../../src/format/signature.ts';
import { types } from '../../src/format/signed.ts';
import { asDeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import {
  decodeChangesAnswer,
  decodeLeavesRequest,
  decodeReadAnswer,
  decodeReadRequest,
  encodeChangesAnswer,
  encodeLeavesAnswer,
  encodeReadAnswer,
} from '../../src/format/wire.ts';
import type { HoldReason } from '../../src/model/hold.ts';
import { checkForkEvidence } from '../../src/sync/fork-evidence.ts';
import { Rogue } from './rogue.ts';
import { type Device, type Meddle, type Sent, settle, World } from './world.ts';

const minute = 60_000;

/** Ada reads; Ben writes by hand; Cid writes as apps do, to see that other logs go on. */
async function space() {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada, 'Ben');
  const cid = await world.join(ada, 'Cid');
  await settle(ada, ben, cid);
  return { world, ada, ben, cid, rogue: new Rogue(ben) };
}

/** Cid's next write, as Ada sees it after a cycle: true if his log goes on. */
async function othersGoOn(ada: Device, cid: Device): Promise<boolean> {
  const id = `by Cid ${cid.standing.position}`;
  await cid.put(id);
  await cid.cycle();
  await ada.cycle();
  return ada.title(id) === id;
}

function requestsOf(world: World, name: string, from: number): string[] {
  return world.sent.slice(from).filter((line) => line.startsWith(`${name} `));
}

/** Answers that a relay changed on the way to one device. */
function rewriting(path: string, device: string, change: (body: Uint8Array) => Uint8Array<ArrayBuffer>) {
  return async (sent: Sent, go: () => Promise<Response>): Promise<Response> => {
    const answer = await go();
    if (sent.path !== path || sent.device !== device || !answer.ok) return answer;
    return new Response(change(new Uint8Array(await answer.arrayBuffer())), answer);
  };
}

/** A relay that tells one device another history of a log, consistently. */
function telling(
  device: string,
  head: Uint8Array<ArrayBuffer>,
  entries: readonly Uint8Array<ArrayBuffer>[],
  leaves: readonly Hash[],
) {
  const cbor = { headers: { 'content-type': 'application/cbor' } };
  return async (sent: Sent, go: () => Promise<Response>): Promise<Response> => {
    if (sent.device !== device) return go();
    const body = new Uint8Array(await sent.request.clone().arrayBuffer());
    if (sent.path === '/changes') {
      const answer = decodeChangesAnswer(new Uint8Array(await (await go()).arrayBuffer()));
      return new Response(encodeChangesAnswer({ ...answer, heads: [head] }), cbor);
    }
    if (sent.path === '/leaves/read') {
      const { start, end } = decodeLeavesRequest(body);
      return new Response(encodeLeavesAnswer({ leaves: leaves.slice(start - 1, end) }), cbor);
    }
    if (sent.path !== '/entries/read') return go();
    const [range] = decodeReadRequest(body).ranges;
    if (range === undefined) return go();
    const found = entries.slice(range.start - 1, range.end);
    return new Response(
      encodeReadAnswer({ logs: [{ log: range.log, start: range.start, entries: found }] }),
      cbor,
    );
  };
}

describe('what is applied', () => {
  test('PULL-7, PULL-15: entries are applied in order, with their cursors, in one record a batch for several logs', async () => {
    const { ada, ben, cid } = await space();
    for (const [device, name] of [
      [ben, 'b'],
      [cid, 'c'],
    ] as const) {
      for (let i = 0; i < 5; i++) {
        await device.put(`${name}${i}`);
        await device.cycle();
      }
    }
    const before = ada.standing.position;
    const { applied, held } = await ada.cycle();
    expect([applied, held]).toEqual([10, 0]);
    expect(ada.standing.position).toBe(before + 1);
    expect(ada.standing.cursors.get(ben.number)?.size).toBe(5);
    expect(ada.title('c4')).toBe('c4');
  });

  test('PULL-16: with nothing new no range is asked for and nothing is written', async () => {
    const { world, ada, ben } = await space();
    await ben.put('bread');
    await settle(ada, ben);
    const position = ada.standing.position;
    const from = world.sent.length;
    await ada.cycle();
    expect(requestsOf(world, 'Ada', from)).toEqual(['Ada /changes']);
    expect(ada.standing.position).toBe(position);
  });

  test('PULL-16: an empty changeset moves the cursor and changes no row', async () => {
    const { ada, rogue } = await space();
    const nothing = encodeBody([encodeChangeset({ stamp: makeStamp(rogue.device.world.time, 1), ops: [] })]);
    await rogue.append(await rogue.entry('', { body: nothing }));
    const rows = ada.store.rows.above.size;
    expect((await ada.cycle()).applied).toBe(1);
    expect(ada.store.rows.above.size).toBe(rows);
    expect(ada.standing.cursors.get(rogue.device.number)?.size).toBe(1);
  });

  test('PULL-17: changes that were pulled never enter the outbox', async () => {
    const { ada, ben } = await space();
    await ben.put('bread');
    await ben.cycle();
    await ada.cycle();
    expect(ada.standing.outbox).toEqual([]);
    expect(ada.standing.sealed).toEqual([]);
  });

  test('PULL-18: exactly the rows that a pull changed are told of', async () => {
    const { ada, ben, cid, world } = await space();
    await ben.put('same', { title: 'early' });
    await ben.put('other');
    world.time += 1000;
    await cid.put('same', { title: 'late' });
    await cid.cycle();
    await ada.cycle();
    const told: string[] = [];
    ada.store.onChange(({ rows }) => told.push(...rows.map(([, id]) => id)));
    await ben.cycle();
    await ada.cycle();
    expect(told).toEqual(['other']);
    expect(ada.title('same')).toBe('late');
  });

  test('ENG-8: a gap that no single answer holds is verified by its list of leaf hashes', async () => {
    const { world, ada, rogue } = await space();
    const entries = [];
    for (let i = 0; i < 60; i++) {
      const body = encodeBody([
        encodeChangeset({
          stamp: makeStamp(world.time, i),
          ops: Array.from({ length: 7 }, (_, row) => ({
            kind: 'put' as const,
            table: 'items',
            id: `${String(i).padStart(2, '0')} ${row}`,
            cells: new Map([
              [
                'title',
                [...world.random.bytes(15_000)].map((byte) => String.fromCharCode(33 + (byte % 90))).join(''),
              ],
            ]),
            seen: new Map(),
          })),
        }),
      ]);
      entries.push(await rogue.entry('', { body, after: i }));
    }
    for (let i = 0; i < 60; i += 20) await rogue.append(...entries.slice(i, i + 20));
    const from = world.sent.length;
    expect((await ada.cycle()).applied).toBe(60);
    const asked = requestsOf(world, 'Ada', from);
    expect(asked.filter((line) => line.endsWith('/leaves/read'))).toHaveLength(1);
    expect(asked.filter((line) => line.endsWith('/entries/read')).length).toBeGreaterThan(1);
    expect(ada.store.rows.above.size).toBe(420);
  });
});

describe('what is held', () => {
  test('PULL-9: an entry of a format above ours is held as newer-schema, and other logs go on', async () => {
    const { ada, cid, rogue } = await space();
    await rogue.append(
      await rogue.entry('before'),
      rogue.ofTheFuture(),
      await rogue.entry('behind', { after: 2 }),
    );
    const { applied, held } = await ada.cycle();
    expect([applied, held]).toEqual([1, 1]);
    expect(ada.title('before')).toBe('before');
    expect(ada.title('behind')).toBeUndefined();
    const hold = ada.standing.holds.get(rogue.device.number);
    expect(hold).toMatchObject({ position: 2, reason: 'newer-schema', tries: 1 });
    expect(await othersGoOn(ada, cid)).toBe(true);
  });

  test('PULL-9, PULL-13: one for a schema above ours is applied after the update, and its hold is gone', async () => {
    const { ada, rogue } = await space();
    await rogue.append(await rogue.entry('for version 2', { schema: 2 }));
    await ada.cycle();
    expect(ada.standing.holds.get(rogue.device.number)).toMatchObject({
      position: 1,
      reason: 'newer-schema',
    });
    await ada.restart({ schemaVersion: 2 });
    expect(ada.standing.holds.get(rogue.device.number)).toMatchObject({
      position: 1,
      reason: 'newer-schema',
    });
    await ada.cycle();
    expect(ada.standing.holds.size).toBe(0);
    expect(ada.title('for version 2')).toBe('for version 2');
  });

  test('PULL-10: an entry whose epoch key is not here is held as missing-key and applied when the key arrives', async () => {
    const { ada, cid, rogue } = await space();
    await rogue.append(await rogue.entry('locked', { epoch: 7 }));
    await ada.cycle();
    expect(ada.standing.holds.get(rogue.device.number)).toMatchObject({ position: 1, reason: 'missing-key' });
    expect(await othersGoOn(ada, cid)).toBe(true);
    // What arrives under that number does not open it: that is malformed, for everyone who has the key.
    await ada.store.keyring.save({ epochs: new Map([[7, new Uint8Array(32)]]) });
    const { passed } = await ada.cycle();
    expect(passed).toBe(1);
    expect(ada.standing.holds.size).toBe(0);
  });

  test('PULL-11: a stamp more than five minutes ahead waits until its time comes and does not move our clock', async () => {
    const { world, ada, rogue } = await space();
    const clock = ada.standing.clock;
    await rogue.append(await rogue.entry('tomorrow', { atMs: world.time + 5 * minute + 1 }));
    await ada.cycle();
    expect(ada.standing.holds.get(rogue.device.number)?.reason).toBe('clock-ahead');
    expect(ada.standing.clock).toBe(clock);
    world.time += 1;
    await ada.cycle();
    expect(ada.title('tomorrow')).toBe('tomorrow');
    expect(ada.standing.holds.size).toBe(0);
  });

  test('PULL-11: exactly five minutes ahead is in time', async () => {
    const { world, ada, rogue } = await space();
    await rogue.append(await rogue.entry('soon', { atMs: world.time + 5 * minute }));
    expect((await ada.cycle()).held).toBe(0);
  });

  test('PULL-13: a hold costs no request and no record until its condition changes', async () => {
    const { world, ada, ben, rogue } = await space();
    await rogue.append(await rogue.entry('locked', { epoch: 7 }));
    await ada.cycle();
    const since = ada.standing.holds.get(ben.number)?.since;
    world.time += minute;
    const position = ada.standing.position;
    const from = world.sent.length;
    for (let i = 0; i < 5; i++) await ada.cycle();
    expect(requestsOf(world, 'Ada', from).filter((line) => line.includes('read'))).toEqual([]);
    expect(ada.standing.position).toBe(position);
    await ada.restart();
    const reopened = ada.standing.position;
    expect(ada.standing.holds.get(ben.number)?.since).toBe(since);
    await ada.cycle();
    await ada.cycle();
    expect(ada.standing.position).toBe(reopened);
  });

  test('PULL-14: an entry that a head promises and the relay does not deliver is unavailable, and applied when it does', async () => {
    const { world, ada, ben, cid } = await space();
    await ben.put('bread');
    await ben.cycle();
    world.meddle = async (sent, go) => {
      if (sent.device !== 'Ada' || sent.path !== '/entries/read') return go();
      const { ranges } = decodeReadRequest(new Uint8Array(await sent.request.clone().arrayBuffer()));
      const log = ranges.find(({ log }) => log === ben.number)?.log;
      if (log === undefined) return go();
      return Response.json({ code: 'bad-range', log, size: 0 }, { status: 400 });
    };
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ position: 1, reason: 'unavailable' });
    expect(await othersGoOn(ada, cid)).toBe(true);
    world.meddle = (_sent, go) => go();
    world.time += 5 * minute;
    await ada.cycle();
    expect(ada.title('bread')).toBe('bread');
    expect(ada.standing.holds.size).toBe(0);
  });

  test('PULL-12: malformed entries are passed by the cursor, kept, and block nothing behind them', async () => {
    const { ada, rogue, ben } = await space();
    const entries = [
      encode(['no entry at all']),
      await rogue.entry('at another place', { position: 9 }),
      await rogue.entry('of another device', { device: ada.number, after: 2 }),
      await rogue.entry('nonsense inside', { body: encode('no changesets'), after: 3 }),
      await rogue.entry('good', { after: 4 }),
    ];
    await rogue.append(...entries);
    const { applied, passed, held } = await ada.cycle();
    expect([applied, passed, held]).toEqual([1, 4, 0]);
    expect(ada.title('good')).toBe('good');
    expect(ada.store.rows.above.size).toBe(1);
    expect(ada.standing.passed.map(({ log, position, reason }) => [log, position, reason])).toEqual(
      [1, 2, 3, 4].map((position) => [ben.number, position, 'malformed']),
    );
    const kept = await Promise.all(ada.standing.passed.map((one) => ada.store.passedBytes(one)));
    expect(kept).toEqual(entries.slice(0, 4));
  });

  test('KEY-8: an entry sealed for another position does not open at this one', async () => {
    const { ada, rogue } = await space();
    const elsewhere = await rogue.entry('moved', { position: 2 });
    // The header made to fit: what was sealed under the other one is not opened by it.
    const here = elsewhere.slice();
    const positionAt = 1 + 1 + (2 + 32) + 1;
    expect(here[positionAt]).toBe(2);
    here[positionAt] = 1;
    await rogue.append(here);
    expect(await ada.cycle()).toMatchObject({ applied: 0, passed: 1 });
  });
});

describe('what is counted', () => {
  /** One reason for which an entry waits: how it comes to it, how it is over, and what is counted then with the one behind it. */
  interface Wait {
    readonly reason: HoldReason;
    readonly third: (rogue: Rogue, world: World) => Promise<Uint8Array<ArrayBuffer>>;
    readonly over: (ada: Device) => Promise<void>;
    readonly counted: { readonly applied: number; readonly passed: number };
  }
  const later = async ({ world }: Device): Promise<void> => {
    world.meddle = (_sent, go) => go();
    world.time += 6 * minute;
  };
  const waits: readonly Wait[] = [
    {
      reason: 'newer-schema',
      third: (rogue) => rogue.entry('third', { after: 2, schema: 2 }),
      over: (ada) => ada.restart({ schemaVersion: 2 }),
      counted: { applied: 2, passed: 0 },
    },
    {
      reason: 'missing-key',
      third: (rogue) => rogue.entry('third', { after: 2, epoch: 7 }),
      // It is not the key that it was sealed with: the entry is found malformed.
      over: (ada) => ada.store.keyring.save({ epochs: new Map([[7, new Uint8Array(32)]]) }),
      counted: { applied: 1, passed: 1 },
    },
    {
      reason: 'clock-ahead',
      third: (rogue, world) => rogue.entry('third', { after: 2, atMs: world.time + 10 * minute }),
      over: later,
      counted: { applied: 2, passed: 0 },
    },
    {
      reason: 'unavailable',
      third: async (rogue, world) => {
        world.meddle = delivering(rogue, 2);
        return rogue.entry('third', { after: 2 });
      },
      over: later,
      counted: { applied: 2, passed: 0 },
    },
  ];

  /** A relay that delivers so many of a log's entries to Ada, and says that it has no more. */
  function delivering({ device }: Rogue, most: number): Meddle {
    return async (sent, go) => {
      if (sent.device !== 'Ada' || sent.path !== '/entries/read') return go();
      const { ranges } = decodeReadRequest(new Uint8Array(await sent.request.clone().arrayBuffer()));
      const { number } = device;
      if (ranges.some(({ log, start }) => log === number && start > most)) {
        return Response.json({ code: 'bad-range', log: number, size: most }, { status: 400 });
      }
      const answer = await go();
      const { logs } = decodeReadAnswer(new Uint8Array(await answer.arrayBuffer()));
      const cut = logs.map((one) =>
        one.log === number ? { ...one, entries: one.entries.slice(0, most + 1 - one.start) } : one,
      );
      return new Response(encodeReadAnswer({ logs: cut }), answer);
    };
  }

  test.each(waits)(
    'PULL-19: with one that waits as $reason, what is applied, passed and held is counted apart, and what is held when it goes on',
    async ({ reason, third, over, counted }) => {
      const { world, ada, ben, cid, rogue } = await space();
      await cid.put('by Cid');
      await cid.cycle();
      await rogue.append(
        await rogue.entry('first'),
        encode(['no entry at all']),
        await third(rogue, world),
        await rogue.entry('behind', { after: 3 }),
      );
      expect(await ada.cycle()).toMatchObject({ applied: 2, passed: 1, held: 1 });
      expect(ada.standing.holds.get(ben.number)).toMatchObject({ position: 3, reason });
      expect(['first', 'by Cid', 'third', 'behind'].map((id) => ada.title(id))).toEqual([
        'first',
        'by Cid',
        undefined,
        undefined,
      ]);
      // Seen again, it is neither applied nor held once more.
      expect(await ada.cycle()).toMatchObject({ applied: 0, passed: 0, held: 1 });
      await over(ada);
      expect(await ada.cycle()).toMatchObject({ ...counted, held: 0 });
      expect(ada.title('behind')).toBe('behind');
    },
  );

  test('PULL-19: what is counted as applied or passed is what the cursors moved by, with any of several logs held', async () => {
    const { world, ada, ben, cid, rogue } = await space();
    const dan = await world.join(ada, 'Dan');
    const eve = await world.join(ada, 'Eve');
    const byDan = new Rogue(dan);
    await settle(ada, cid, dan, eve);
    const reached = (): number =>
      [ben, cid, dan, eve].reduce(
        (sum, { number }) => sum + (ada.standing.cursors.get(number)?.size ?? 0),
        0,
      );
    const waiting: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (const device of [cid, eve]) {
        await device.put(`${device.name} ${round}`);
        await device.cycle();
      }
      await rogue.append(await rogue.entry(`Ben ${round}`, { schema: round }), encode([round]));
      await byDan.append(await byDan.entry(`Dan ${round}`, round === 0 ? {} : { epoch: 7 }));
      const before = { reached: reached(), passed: ada.standing.passed.length };
      const { applied, passed, held } = await ada.cycle();
      expect(applied + passed).toBe(reached() - before.reached);
      expect(passed).toBe(ada.standing.passed.length - before.passed);
      expect(held).toBe(ada.standing.holds.size);
      waiting.push(held);
    }
    // Dan's log waits from the second round on, Ben's from the third.
    expect(waiting).toEqual([0, 1, 2]);
    expect(ada.store.rows.above.size).toBe(9);
  });

  test('PULL-19: a log that waits as a whole for what its head says is held, and adds nothing to what is applied', async () => {
    const { world, ada, cid, rogue } = await space();
    await rogue.append(await rogue.entry('first'), await rogue.entry('second', { after: 1 }));
    await cid.put('by Cid');
    await cid.cycle();
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      const heads = answer.heads.map((head) => {
        if (decodeHead(head).log !== rogue.device.number) return head;
        return head.with(-1, (head.at(-1) ?? 0) ^ 1) as Uint8Array<ArrayBuffer>;
      });
      return encodeChangesAnswer({ ...answer, heads });
    });
    expect(await ada.cycle()).toMatchObject({ applied: 1, passed: 0, held: 1 });
    expect(ada.title('first')).toBeUndefined();
    world.meddle = (_sent, go) => go();
    expect(await ada.cycle()).toMatchObject({ applied: 2, passed: 0, held: 0 });
  });
});

describe('heads', () => {
  const behindHead = async (change: (rogue: Rogue) => Promise<Uint8Array<ArrayBuffer>>) => {
    const made = await space();
    const { world, rogue } = made;
    await rogue.append(await rogue.entry('first'));
    const bad = await change(rogue);
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      return encodeChangesAnswer({ ...answer, heads: [bad] });
    });
    return { ...made, bad };
  };

  test('PULL-1, LOG-12: a head not signed by the device whose log it states holds that log alone', async () => {
    const { world, ada, cid, rogue, ben } = await space();
    await rogue.append(await rogue.entry('first'));
    const frontier = appendLeaves(rogue.frontier, [leafHash(new Uint8Array(3))]);
    const forged = await signHead(cid.ctx.signer, {
      space: ada.store.space,
      log: ben.number,
      size: frontier.size,
      root: frontierRoot(frontier),
      members: { size: 1, root: ada.standing.membership.roots.at(1) ?? frontierRoot(frontier) },
    });
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      return encodeChangesAnswer({ ...answer, heads: [forged] });
    });
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ position: 1, reason: 'unauthorized' });
    world.meddle = (_sent, go) => go();
    expect(await othersGoOn(ada, cid)).toBe(true);
    expect(ada.standing.holds.size).toBe(0);
    expect(ada.title('first')).toBe('first');
  });

  test.each(['bytes that are no head', 'a head of a log of no device'])(
    'PULL-1, APP-1: %s harms no log, and the cycle does not say that everything was compared',
    async (what) => {
      const { world, ada, cid, rogue } = await space();
      const comparedAt = (await ada.cycle()).comparedAt;
      const odd =
        what === 'bytes that are no head'
          ? encode('no head')
          : await rogue.head(rogue.frontier, { log: asDeviceNumber(9) });
      world.meddle = rewriting('/changes', 'Ada', (body) => {
        const answer = decodeChangesAnswer(body);
        return encodeChangesAnswer({ ...answer, heads: [odd, ...answer.heads] });
      });
      world.time += minute;
      await cid.put('milk');
      await cid.cycle();
      const heard: number[] = [];
      await expect(ada.cycle(undefined, (at) => heard.push(at))).rejects.toMatchObject({
        code: 'bad-answer',
        values: { heads: 1 },
      });
      expect(ada.title('milk')).toBe('milk');
      expect(ada.standing.holds.size).toBe(0);
      expect(heard).toEqual([]);
      expect(await world.storage.readBeacons(ada.store.space)).not.toHaveLength(0);
      world.meddle = (_sent, go) => go();
      expect((await ada.cycle()).comparedAt).toBeGreaterThan(comparedAt);
    },
  );

  test('PULL-1: a head with a flipped bit in its signature holds its log, and a good one frees it', async () => {
    const { world, ada, ben, cid, rogue } = await space();
    await rogue.append(await rogue.entry('first'));
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      const heads = answer.heads.map(
        (head) => head.with(-1, (head.at(-1) ?? 0) ^ 1) as Uint8Array<ArrayBuffer>,
      );
      return encodeChangesAnswer({ ...answer, heads });
    });
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'unauthorized', position: 1 });
    const position = ada.standing.position;
    await ada.cycle();
    expect(ada.standing.position).toBe(position);
    world.meddle = (_sent, go) => go();
    expect(await othersGoOn(ada, cid)).toBe(true);
    expect(ada.title('first')).toBe('first');
    expect(ada.standing.holds.size).toBe(0);
  });

  test('PULL-6: a head whose claim about the membership log does not fit ours holds that log as disagrees', async () => {
    const { ada, ben, cid, world } = await behindHead((rogue) =>
      rogue.head(appendLeaves(rogue.frontier, [leafHash(new Uint8Array(1))]), {
        members: {
          size: 2,
          root: frontierRoot(appendLeaves({ size: 0, hashes: [] }, [leafHash(new Uint8Array(2))])),
        },
      }),
    );
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)?.reason).toBe('disagrees');
    expect(ada.standing.heads.has(ben.number)).toBe(false);
    world.meddle = (_sent, go) => go();
    expect(await othersGoOn(ada, cid)).toBe(true);
    expect(ada.standing.holds.size).toBe(0);
  });

  test('PULL-5: entries under a head that names more of the membership log than we hold wait until ours is there', async () => {
    const { world, ada, ben } = await space();
    const dan = await world.join(ben, 'Dan');
    await dan.put('salt');
    await dan.cycle();
    await ben.put('bread');
    await ben.cycle();
    const { membership } = ada.standing;
    // The relay withholds the end of the membership log.
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      return encodeChangesAnswer({
        ...answer,
        members: { size: membership.size, from: membership.size + 1, entries: [] },
      });
    });
    // Dan’s head is of a log of no device that Ada knows of.
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
    expect(ada.standing.holds.get(ben.number)?.reason).toBe('unavailable');
    expect(ada.title('bread')).toBeUndefined();
    expect(ada.title('salt')).toBeUndefined();
    world.meddle = (_sent, go) => go();
    await ada.cycle();
    expect(ada.title('bread')).toBe('bread');
    expect(ada.title('salt')).toBe('salt');
    expect(ada.standing.holds.size).toBe(0);
  });

  test('LOG-13: two heads of one size and different roots are a fork, kept with evidence that proves itself', async () => {
    const { world, ada, ben, cid, rogue } = await space();
    await rogue.append(await rogue.entry('first'));
    await ada.cycle();
    const other = appendLeaves({ size: 0, hashes: [] }, [
      leafHash(await rogue.entry('instead', { position: 1 })),
    ]);
    const otherHead = await rogue.head(other);
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      return encodeChangesAnswer({ ...answer, heads: [otherHead] });
    });
    await ada.cycle();
    const hold = ada.standing.holds.get(ben.number);
    expect(hold).toMatchObject({ reason: 'fork', position: 2 });
    world.meddle = (_sent, go) => go();
    expect(await othersGoOn(ada, cid)).toBe(true);
    await ada.restart();
    const evidence = ada.standing.holds.get(ben.number)?.evidence;
    const proven = evidence ? await checkForkEvidence(evidence, ada.store.space) : null;
    expect([proven?.lesser.size, proven?.greater.size]).toEqual([1, 1]);
    expect(proven?.key).toEqual(ben.standing.keys?.sign);
  });

  test('LOG-13: a greater head that does not go on from ours is a fork, shown by a consistency proof', async () => {
    const { world, ada, ben, rogue } = await space();
    await rogue.append(
      await rogue.entry('one'),
      await rogue.entry('two', { after: 1 }),
      await rogue.entry('three', { after: 2 }),
    );
    await ada.cycle();
    // The same author tells another relay another history, of five entries.
    const second = new Rogue(ben);
    const entries = await Promise.all(
      [0, 1, 2, 3, 4].map((after) => second.entry(`other ${after}`, { after })),
    );
    const leaves = entries.map(leafHash);
    const head = await second.head(appendLeaves(second.frontier, leaves));
    world.meddle = telling('Ada', head, entries, leaves);
    await ada.cycle();
    const hold = ada.standing.holds.get(ben.number);
    expect(hold).toMatchObject({ reason: 'fork', position: 4 });
    const proven = hold?.evidence ? await checkForkEvidence(hold.evidence, ada.store.space) : null;
    expect([proven?.lesser.size, proven?.greater.size]).toEqual([3, 5]);
    expect(ada.title('other 3')).toBeUndefined();
  });

  test('LOG-13: a history that leaves the head we hold behind is a fork, also where we have applied less than that', async () => {
    const { ada, ben, rogue, world } = await space();
    const shared = await rogue.entry('shared');
    await rogue.append(
      shared,
      await rogue.entry('for later', { after: 1, schema: 2 }),
      await rogue.entry('third', { after: 2 }),
    );
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'newer-schema', position: 2 });
    expect(ada.standing.heads.get(ben.number)?.size).toBe(3);
    // Another history of the same author, the same up to where we have applied it.
    const other = new Rogue(ben);
    const entries = [
      shared,
      ...(await Promise.all([1, 2, 3].map((after) => other.entry(`other ${after}`, { after })))),
    ];
    const leaves = entries.map(leafHash);
    const head = await other.head(appendLeaves(other.frontier, leaves));
    world.meddle = telling('Ada', head, entries, leaves);
    await ada.restart({ schemaVersion: 2 });
    await ada.cycle();
    const hold = ada.standing.holds.get(ben.number);
    expect(hold).toMatchObject({ reason: 'fork', position: 2 });
    const proven = hold?.evidence ? await checkForkEvidence(hold.evidence, ada.store.space) : null;
    expect([proven?.lesser.size, proven?.greater.size]).toEqual([3, 4]);
    expect(ada.title('other 1')).toBeUndefined();
  });

  test('LOG-14: a head smaller than the one held is a rollback: ours stays, and it is over when the relay has it again', async () => {
    const { world, ada, ben, cid, rogue } = await space();
    const early = await rogue.append(await rogue.entry('one'));
    await rogue.append(await rogue.entry('two'));
    await ada.cycle();
    const held = ada.standing.heads.get(ben.number)?.bytes;
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      return encodeChangesAnswer({ ...answer, heads: [early] });
    });
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'rollback', position: 3 });
    expect(ada.standing.heads.get(ben.number)?.bytes).toEqual(held);
    expect(ada.title('two')).toBe('two');
    world.meddle = (_sent, go) => go();
    expect(await othersGoOn(ada, cid)).toBe(true);
    expect(ada.standing.holds.size).toBe(0);
  });

  test('LOG-14: the same size and root, signed anew, is neither fork nor rollback', async () => {
    const { world, ada, ben, rogue } = await space();
    await rogue.append(await rogue.entry('one'));
    await ada.cycle();
    await world.join(ada, 'Dan');
    await ben.cycle();
    const again = await rogue.head(rogue.frontier);
    await ben.ctx.relay.appendEntries({ log: ben.number, start: 2, entries: [], head: again });
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      return encodeChangesAnswer({ ...answer, heads: [...answer.heads, again] });
    });
    await ada.cycle();
    expect(ada.standing.holds.size).toBe(0);
    expect(ada.standing.heads.get(ben.number)?.bytes).toEqual(again);
    const position = ada.standing.position;
    await ada.cycle();
    expect(ada.standing.position).toBe(position);
  });
});

describe('a member that writes what is small and takes much memory', () => {
  /** A body of many changes, each of a few bytes. */
  const many = (world: World, count: number, position: number, name: string): Bytes => {
    const ops = Array.from({ length: count }, (_, index): Op => {
      const id = index.toString(36).padStart(4, '0');
      const cells = new Map([[name, 0]]);
      return { kind: 'put', table: 't', id, cells, seen: new Map() };
    });
    return encodeBody([encodeChangeset({ stamp: makeStamp(world.time, position), ops })]);
  };

  test('PULL-15, TEST-8: a batch is bounded by the changes in it too, in one log and over several', async () => {
    const { world, ada, ben, cid, rogue } = await space();
    const second = new Rogue(cid);
    for (const [one, name] of [
      [rogue, 'b'],
      [second, 'c'],
    ] as const) {
      const entries: Bytes[] = [];
      for (let after = 0; after < 4; after++) {
        entries.push(await one.entry('', { after, body: many(world, 20_000, after + 1, name) }));
      }
      await one.append(...entries);
    }
    const before = ada.standing.position;
    expect(await ada.cycle()).toMatchObject({ applied: 8, held: 0 });
    // One record is full with the fourth entry: at 65,536 changes, and what is opened together.
    expect(ada.standing.position).toBe(before + 2);
    expect([ben, cid].map(({ number }) => ada.standing.cursors.get(number)?.size)).toEqual([4, 4]);
  });
});

describe('a relay that lies about entries', () => {
  const flips = ['flipped', 'swapped', 'of another log', 'missing'] as const;
  test.each(flips)('ENG-9: entries %s are never applied, and good ones are when they come', async (how) => {
    const { world, ada, ben, cid } = await space();
    await cid.put('salt');
    await cid.cycle();
    for (const id of ['one', 'two', 'three']) {
      await ben.put(id);
      await ben.cycle();
    }
    world.meddle = rewriting('/entries/read', 'Ada', (body) => {
      const { logs } = decodeReadAnswer(body);
      const salt = logs.find(({ log }) => log === cid.number)?.entries ?? [];
      return encodeReadAnswer({
        logs: logs.map((one) => {
          if (one.log !== ben.number) return one;
          const [first = new Uint8Array(1), ...others] = one.entries;
          const flipped = first.with(first.length >> 1, (first[first.length >> 1] ?? 0) ^ 4) as typeof first;
          const entries = {
            flipped: [flipped, ...others],
            swapped: [...others, first],
            'of another log': [...salt, ...others],
            missing: others,
          }[how];
          return { ...one, entries };
        }),
      });
    });
    await ada.cycle();
    expect(ada.title('one')).toBeUndefined();
    expect(ada.title('two')).toBeUndefined();
    expect(ada.standing.cursors.has(ben.number)).toBe(false);
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'unavailable', position: 1 });
    expect(ada.title('salt')).toBe('salt');
    world.meddle = (_sent, go) => go();
    world.time += 5 * minute;
    await ada.cycle();
    expect(['one', 'two', 'three'].map((id) => ada.title(id))).toEqual(['one', 'two', 'three']);
    expect(ada.standing.holds.size).toBe(0);
  });

  test.each([
    ['goes beyond what was asked for', [new Uint8Array(1), new Uint8Array(1)]],
    ['has nothing', []],
  ])('ENG-10, PULL-1: an answer of one log that %s stops that log and no other', async (_, entries) => {
    const { world, ada, ben, cid } = await space();
    await ben.put('bread');
    await ben.cycle();
    await cid.put('milk');
    await cid.cycle();
    world.meddle = rewriting('/entries/read', 'Ada', (body) => {
      const { logs } = decodeReadAnswer(body);
      const changed = logs.map((one) => (one.log === ben.number ? { ...one, entries } : one));
      return encodeReadAnswer({ logs: changed });
    });
    expect(await ada.cycle()).toMatchObject({ applied: 1, held: 1 });
    expect(ada.title('milk')).toBe('milk');
    expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'unavailable', position: 1 });
    expect(ada.standing.cursors.has(ben.number)).toBe(false);
    world.meddle = (_sent, go) => go();
    world.time += 5 * minute;
    expect(await ada.cycle()).toMatchObject({ applied: 1, held: 0 });
  });

  test('ENG-10: an answer that names no log ends the cycle as bad', async () => {
    const { world, ada, ben } = await space();
    await ben.put('bread');
    await ben.cycle();
    world.meddle = rewriting('/entries/read', 'Ada', () => encodeReadAnswer({ logs: [] }));
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
    expect(ada.standing.cursors.has(ben.number)).toBe(false);
  });

  test('ENG-10, PULL-1: too few leaf hashes of one log stop that log and no other', async () => {
    const { world, ada, ben, cid } = await space();
    await ben.put('bread');
    await ben.cycle();
    await cid.put('milk');
    await cid.cycle();
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.device !== 'Ada') return answer;
      const body = new Uint8Array(await answer.clone().arrayBuffer());
      if (sent.path === '/leaves/read') return new Response(encodeLeavesAnswer({ leaves: [] }), answer);
      if (sent.path !== '/entries/read') return answer;
      const { logs } = decodeReadAnswer(body);
      const entries = [new Uint8Array(1)];
      const changed = logs.map((one) => (one.log === ben.number ? { ...one, entries } : one));
      return new Response(encodeReadAnswer({ logs: changed }), answer);
    };
    expect(await ada.cycle()).toMatchObject({ applied: 1, held: 1 });
    expect(ada.title('milk')).toBe('milk');
    expect(ada.standing.holds.get(ben.number)?.reason).toBe('unavailable');
  });
});

describe('the membership log', () => {
  test('PULL-3: when it does not verify, nothing newly pulled is applied', async () => {
    const { world, ada, ben } = await space();
    await world.join(ada, 'Dan');
    await ben.put('bread');
    const position = ben.standing.position;
    await ada.put('milk');
    await ada.cycle();
    world.meddle = rewriting('/changes', 'Ben', (body) => {
      const answer = decodeChangesAnswer(body);
      const entries = answer.members.entries.map(
        (entry) => entry.with(-1, (entry.at(-1) ?? 0) ^ 1) as typeof entry,
      );
      return encodeChangesAnswer({ ...answer, members: { ...answer.members, entries } });
    });
    await expect(ben.cycle()).rejects.toMatchObject({
      code: 'bad-answer',
      values: { reason: 'bad-signature' },
    });
    expect(ben.standing.position).toBe(position);
    expect(ben.title('milk')).toBeUndefined();
    expect(ben.standing.outbox).toHaveLength(1);
  });

  test('PULL-3, PULL-4: an entry whose author may not write it there ends the cycle, however well it is signed', async () => {
    const { world, ada, ben } = await space();
    const { membership } = ben.standing;
    const entry = await signObject(
      ben.ctx.signer,
      types.membership,
      mapOf({
        space: ben.store.space,
        size: membership.size,
        root: membership.roots.at(membership.size) ?? emptyRoot,
        stamp: makeStamp(world.time, 0),
        kind: 'of a later version',
        body: mapOf({}),
      }),
    );
    await ben.put('bread');
    await ben.cycle();
    world.meddle = rewriting('/changes', 'Ada', (body) => {
      const answer = decodeChangesAnswer(body);
      const { size, from } = answer.members;
      return encodeChangesAnswer({ ...answer, members: { size: size + 1, from, entries: [entry] } });
    });
    const { position } = ada.standing;
    await expect(ada.cycle()).rejects.toMatchObject({
      code: 'bad-answer',
      values: { reason: 'not-allowed' },
    });
    expect(ada.standing.position).toBe(position);
    expect(ada.title('bread')).toBeUndefined();
  });

  test('PULL-3: an answer that leaves a gap in it is refused', async () => {
    const { world, ada, ben } = await space();
    await world.join(ada, 'Dan');
    world.meddle = rewriting('/changes', 'Ben', (body) => {
      const answer = decodeChangesAnswer(body);
      const { size, from, entries } = answer.members;
      return encodeChangesAnswer({ ...answer, members: { size, from: from + 1, entries: entries.slice(1) } });
    });
    await expect(ben.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
  });
});
