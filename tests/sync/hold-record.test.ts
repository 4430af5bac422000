import { expect, test } from 'vitest';
import { appendLeaves, leafHash } from '../../src/format/merkle.ts';
import { decodeChangesAnswer, encodeChangesAnswer } from '../../src/format/wire.ts';
import { checkForkEvidence } from '../../src/sync/fork-evidence.ts';
import { Rogue } from './rogue.ts';
import { settle, World } from './world.ts';

test('LOG-13, STORE-14: a fork stays one whatever heads the relay shows next, and its evidence is kept', async () => {
  const world = new World();
  const ada = await world.found();
  const ben = await world.join(ada, 'Ben');
  await settle(ada, ben);
  const rogue = new Rogue(ben);
  const early = await rogue.append(await rogue.entry('one'));
  await rogue.append(await rogue.entry('two'));
  await ada.cycle();
  const instead = leafHash(await rogue.entry('instead', { position: 2 }));
  const first = appendLeaves({ size: 0, hashes: [] }, [instead, instead]);
  const shown = { heads: [await rogue.head(first)] };
  world.meddle = async (sent, go) => {
    const answer = await go();
    if (sent.path !== '/changes' || sent.device !== 'Ada') return answer;
    const body = decodeChangesAnswer(new Uint8Array(await answer.arrayBuffer()));
    return new Response(encodeChangesAnswer({ ...body, ...shown }), answer);
  };
  await ada.cycle();
  const fork = ada.standing.holds.get(ben.number);
  expect(fork).toMatchObject({ reason: 'fork', position: 3 });
  // An older head is a rollback, and the same head as ours ends one.
  shown.heads = [early];
  await ada.cycle();
  expect(ada.standing.holds.get(ben.number)).toEqual(fork);
  world.meddle = (_sent, go) => go();
  await ada.cycle();
  await ada.restart();
  const evidence = ada.standing.holds.get(ben.number)?.evidence;
  expect(evidence ? await checkForkEvidence(evidence, ada.store.space) : null).not.toBeNull();
});
