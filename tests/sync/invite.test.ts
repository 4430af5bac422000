import { expect, test } from 'vitest';
import { Device, settle, World } from './world.ts';

test('PUSH-14, JOIN-1: an invitation written while a cycle waits for its answer disturbs neither', async () => {
  const world = new World();
  const ada = await world.found();
  const link = await ada.invite();
  await settle(ada);
  await new Device(world, 'Ben').join(link);
  const before = ada.standing.membership.size;
  let links: string[] = [];
  world.meddle = async (sent, go) => {
    const answer = await go();
    if (sent.device !== 'Ada' || sent.path !== '/changes' || links.length > 0) return answer;
    // Ben's join is in the answer on its way, and by the time it is read Ada has it from elsewhere.
    links = ['being made'];
    links = [await ada.invite()];
    return answer;
  };
  const { held } = await ada.cycle();
  expect([held, links.length]).toEqual([0, 1]);
  expect(ada.standing.membership.size).toBe(before + 2);
});
