import { expect, test } from 'vitest';
import { encode } from '../../src/format/cbor.ts';
import { decodeChangesAnswer, encodeChangesAnswer } from '../../src/format/wire.ts';
import { type Meddle, settle, World } from './world.ts';

/** What the relay shows Ada of heads, as `change` has it. */
function showing(change: (heads: readonly Uint8Array<ArrayBuffer>[]) => Uint8Array<ArrayBuffer>[]): Meddle {
  return async ({ path, device }, go) => {
    const answer = await go();
    if (path !== '/changes' || device !== 'Ada') return answer;
    const changes = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
    return new Response(encodeChangesAnswer({ ...changes, heads: change(changes.heads) }), answer);
  };
}

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

  world.meddle = (_sent, go) => go();
  await ada.cycle();
  expect(ada.standing.holds.size).toBe(0);
});
