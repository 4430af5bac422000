import { describe, expect, test } from 'vitest';
import { emptyRoot } from '../../src/format/merkle.ts';
import { mapOf } from '../../src/format/shape.ts';
import { signObject } from '../../src/format/signature.ts';
import { types } from '../../src/format/signed.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import { decodeChangesAnswer, encodeChangesAnswer } from '../../src/format/wire.ts';
import { rootAt } from '../../src/model/membership.ts';
import { unsentCount } from '../../src/store/standing.ts';
import { type Device, settle, World } from './world.ts';

/** From now on the relay shows that device an entry of a kind that nobody knows yet, signed by `author`. */
async function showUnknown(author: Device, to: Device): Promise<void> {
  const { world, store, standing, ctx } = author;
  const { membership } = standing;
  const entry = await signObject(
    ctx.signer,
    types.membership,
    mapOf({
      space: store.space,
      size: membership.size,
      root: rootAt(membership, membership.size) ?? emptyRoot,
      stamp: makeStamp(world.time, 0),
      kind: 'of a later version',
      body: mapOf({}),
    }),
  );
  world.meddle = async (sent, go) => {
    const answer = await go();
    if (sent.path !== '/changes' || sent.device !== to.name) return answer;
    const changes = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
    const { from, entries, size } = changes.members;
    const members = { size: size + 1, from, entries: [...entries, entry] };
    return new Response(encodeChangesAnswer({ ...changes, members }), answer);
  };
}

describe('registering', () => {
  test('PUSH-14: a space made offline is registered by the first cycle, and what was written meanwhile follows', async () => {
    const world = new World();
    const ada = await world.found();
    ada.online = false;
    await ada.put('milk');
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'offline' });
    ada.online = true;
    await ada.cycle();
    expect(unsentCount(ada.standing)).toBe(0);
    expect((await world.storage.readLog(ada.store.space, 0))?.frontier.size).toBe(1);
  });

  test('PUSH-5: a lost answer to the registration harms nothing', async () => {
    const world = new World();
    const ada = await world.found();
    world.meddle = async (sent, go) => {
      const answer = await go();
      if (sent.path === '') throw new TypeError('Failed to fetch');
      return answer;
    };
    await expect(ada.cycle()).rejects.toMatchObject({ code: 'offline' });
    world.meddle = (_sent, go) => go();
    await ada.cycle();
    expect((await world.storage.readLog(ada.store.space, 0))?.frontier.size).toBe(1);
  });

  test('RELAY-14: a relay that has less of the membership log is given what it lacks, before anything else', async () => {
    const world = new World();
    const ada = await world.found();
    const ben = await world.join(ada);
    await settle(ada, ben);
    world.wipeRelay();
    await ada.cycle();
    const there = await world.storage.readEntries(ada.store.space, 0, 1, 9, 1e6);
    expect(there).toEqual(ada.standing.membershipEntries);
  });
});

describe('an entry of an unknown kind', () => {
  const held = async () => {
    const world = new World();
    const ada = await world.found();
    const ben = await world.join(ada);
    await settle(ada, ben);
    await showUnknown(ada, ben);
    return { world, ada, ben };
  };

  test('PUSH-13: while the membership log waits for an update nothing is sealed or appended; pulling and writing go on', async () => {
    const { ada, ben } = await held();
    await ben.put('bread');
    const { waits } = await ben.cycle();
    expect(waits).toBe('membership-held');
    expect(ben.standing.membership.hold).toMatchObject({ position: 4, kind: 'of a later version' });
    expect(ben.standing.outbox).toHaveLength(1);
    await expect(ben.invite()).rejects.toMatchObject({ code: 'newer-format' });
    // What another device had sealed before it met the entry still comes in.
    await ada.put('milk');
    const { sealBatch } = await import('../../src/sync/seal.ts');
    const { push } = await import('../../src/sync/push.ts');
    await sealBatch(ada.ctx);
    await push(ada.ctx, { maySend: true, maySeal: false, adopted: 0 }, new AbortController().signal);
    await ben.cycle();
    expect(ben.title('milk')).toBe('milk');
  });

  test('STORE-25: meeting it again and again writes nothing more', async () => {
    const { ben } = await held();
    await ben.cycle();
    const { position } = ben.standing;
    for (let i = 0; i < 3; i++) await ben.cycle();
    await ben.restart();
    await ben.cycle();
    expect(ben.standing.position).toBe(position + 1);
  });
});
