import { expect, test } from 'vitest';
import { encode } from '../../src/format/cbor.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { emptyRoot } from '../../src/format/merkle.ts';
import { type ChangesAnswer, decodeChangesAnswer, encodeChangesAnswer } from '../../src/format/wire.ts';
import { rootAt } from '../../src/model/membership.ts';
import { type Meddle, settle, World } from './world.ts';

type Heads = readonly Uint8Array<ArrayBuffer>[];

const honest: Meddle = (_sent, go) => go();

/** What the relay tells Ada, as `change` has it. */
function telling(change: (changes: ChangesAnswer) => ChangesAnswer): Meddle {
  return async ({ path, device }, go) => {
    const answer = await go();
    if (path !== '/changes' || device !== 'Ada') return answer;
    const changes = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
    return new Response(encodeChangesAnswer(change(changes)), answer);
  };
}

/** What the relay shows Ada of heads, as `change` has it. */
const showing = (change: (heads: Heads) => Uint8Array<ArrayBuffer>[]): Meddle =>
  telling((changes) => ({ ...changes, heads: change(changes.heads) }));

test('PULL-13: a hold stands while a head that nobody can read may be its log’s, and goes when none is shown', async () => {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada, 'Ben');
  await ben.put('milk');
  await settle(ada, ben);
  const wrong = ada.standing.heads.get(ben.number)?.bytes.slice() ?? new Uint8Array(1);
  wrong.set([(wrong.at(-1) ?? 0) ^ 1], wrong.length - 1);
  world.meddle = showing(() => [wrong]);
  await ada.cycle();
  const hold = ada.standing.holds.get(ben.number);
  expect(hold).toMatchObject({ reason: 'unauthorized', position: 2 });

  world.time += 60_000;
  world.meddle = showing(() => [encode('no head')]);
  await expect(ada.cycle()).rejects.toMatchObject({ code: 'bad-answer' });
  expect(ada.standing.holds.get(ben.number)).toEqual(hold);

  world.meddle = honest;
  await ada.cycle();
  expect(ada.standing.holds.size).toBe(0);
});

test('PULL-13: a forged head of a log without an entry holds it until an honest relay has nothing to show of it', async () => {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada, 'Ben');
  await ada.put('milk');
  await settle(ada, ben);
  const root = rootAt(ada.standing.membership, 1) ?? emptyRoot;
  const members = { size: 1, root };
  const head = { space: ada.store.space, log: ben.number, size: 1, root, members };
  const forged = await signHead(ada.ctx.signer, head);
  world.meddle = showing((heads) => [...heads, forged]);
  await ada.cycle();
  expect(ada.standing.holds.get(ben.number)).toMatchObject({ reason: 'unauthorized', position: 1 });
  expect(ada.standing.heads.has(ben.number)).toBe(false);

  world.meddle = honest;
  await ada.cycle();
  expect(ada.standing.holds.size).toBe(0);
});

test.each(['no entry', 'an entry'])(
  'PULL-14: silence does not answer what an author has signed, of a log that has %s here',
  async (before) => {
    const world = new World();
    const ada = await world.found();
    const ben = await world.join(ada, 'Ben');
    if (before === 'an entry') await ben.put('milk');
    await settle(ada, ben);
    await world.join(ben, 'Dan');
    await ben.put('bread');
    await ben.cycle();
    const { size } = ada.standing.membership;
    const position = (ada.standing.cursors.get(ben.number)?.size ?? 0) + 1;
    const noMembers = { size, from: size + 1, entries: [] };
    world.meddle = telling((changes) => ({ ...changes, members: noMembers }));
    await ada.cycle();
    const hold = ada.standing.holds.get(ben.number);
    expect(hold).toMatchObject({ reason: 'unavailable', position });

    world.meddle = telling((changes) => ({ ...changes, members: noMembers, heads: [] }));
    await ada.cycle();
    expect(ada.standing.holds.get(ben.number)).toEqual(hold);

    world.meddle = honest;
    await ada.cycle();
    expect(ada.standing.holds.size).toBe(0);
    expect(ada.title('bread')).toBe('bread');
  },
);

test('PULL-13: a head signed again at a size that is here holds its log no longer than it is shown', async () => {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada, 'Ben');
  await ben.put('milk');
  await settle(ada, ben);
  const ours = ada.standing.heads.get(ben.number);
  if (ours === undefined) throw new TypeError('Ada holds no head of Ben’s log');
  const { size, root } = ours;
  const members = { size: ada.standing.membership.size + 1, root };
  const again = await signHead(ben.ctx.signer, {
    space: ada.store.space,
    log: ben.number,
    size,
    root,
    members,
  });
  world.meddle = showing(() => [again]);
  await ada.cycle();
  expect(ada.standing.holds.get(ben.number)?.reason).toBe('unavailable');

  world.meddle = honest;
  await ada.cycle();
  expect(ada.standing.holds.size).toBe(0);
});
