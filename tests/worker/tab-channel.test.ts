import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { asHash, toBase64Url } from '../../src/format/bytes.ts';
import { type CycleState, unknownCycle } from '../../src/sync/cycle.ts';
import { TabLine, type TabListener } from '../../src/worker/tab-channel.ts';
import { comesTrue, rejection } from '../client/waiting.ts';
import { TestClock } from './clock.ts';
import { Origin, type Tab } from './origin.ts';

const space = asHash(new Uint8Array(32));
const silent: TabListener = { state: () => {}, stateAsked: () => {}, seen: () => {}, syncAsked: () => null };

/** A tab whose time stands still. */
function still(tab: Tab, clock: TestClock): Tab {
  return Object.assign(Object.create(tab), {
    setTimer: (ms: number, callback: () => void) => clock.setTimer(ms, callback),
    openChannel: (name: string) => tab.openChannel(name),
  });
}

function pair(leader: Partial<TabListener>, other: Partial<TabListener> = {}) {
  const origin = new Origin();
  const clock = new TestClock();
  const leading = new TabLine(origin.openTab(), space, 'leader', { ...silent, ...leader });
  const asking = new TabLine(still(origin.openTab(), clock), space, 'other', { ...silent, ...other });
  return { leading, asking, clock, origin };
}

describe('what tabs say to each other', () => {
  test('APP-3: a new tab asks, and hears the state of the tab that leads', async () => {
    const heard: CycleState[] = [];
    const state = { ...unknownCycle, comparedAt: 7, syncing: true };
    const { leading, asking } = pair(
      { stateAsked: () => leading.tellState(state) },
      { state: (told) => heard.push(told) },
    );
    asking.askState();
    await comesTrue(() => expect(heard).toEqual([state]));
  });

  test('APP-1: a tab at which someone looks tells the one that leads', async () => {
    let seen = 0;
    const { asking } = pair({ seen: () => (seen += 1) });
    asking.tellSeen();
    await comesTrue(() => expect(seen).toBe(1));
  });

  test('STORE-19: a tab that does not lead has the leader run its cycle', async () => {
    let cycles = 0;
    const { asking } = pair({
      syncAsked: async () => {
        cycles += 1;
      },
    });
    await asking.askSync();
    await asking.askSync();
    expect(cycles).toBe(2);
  });

  test('APP-18: what the cycle of another tab failed with arrives with its code and values', async () => {
    const { asking } = pair({
      syncAsked: () => Promise.reject(new CairnError('rate-limited', 'slower', { retryMs: 5 })),
    });
    const thrown = await rejection(asking.askSync());
    expect(thrown).toMatchObject({ code: 'rate-limited', values: { retryMs: 5 } });
    expect(thrown).toBeInstanceOf(CairnError);
  });

  test('APP-18: no answer of any tab is a timeout, and an answer after it is nobody’s', async () => {
    let finish = (): void => {};
    const { asking, clock } = pair({ syncAsked: () => new Promise((resolve) => (finish = resolve)) });
    const asked = rejection(asking.askSync());
    clock.move(60_000);
    expect(await asked).toMatchObject({ code: 'timeout' });
    finish();
    const again = rejection(asking.askSync());
    clock.move(60_000);
    expect(await again).toMatchObject({ code: 'timeout' });
  });

  test('APP-18: closing ends the wait for an answer', async () => {
    const { asking } = pair({ syncAsked: () => new Promise(() => {}) });
    const asked = rejection(asking.askSync());
    asking.close();
    expect(await asked).toMatchObject({ code: 'closed' });
  });

  test('STORE-19: a tab that has closed says nothing any more, whatever ends in it later', async () => {
    let finish = (): void => {};
    let asked = false;
    const states: CycleState[] = [];
    const { leading, asking, clock } = pair(
      {
        syncAsked: () => {
          asked = true;
          return new Promise((resolve) => {
            finish = resolve;
          });
        },
      },
      { state: (state) => states.push(state) },
    );
    const waiting = rejection(asking.askSync());
    await comesTrue(() => expect(asked).toBe(true));
    leading.close();
    finish();
    leading.tellState(unknownCycle);
    clock.move(60_000);
    expect(await waiting).toMatchObject({ code: 'timeout' });
    expect(states).toEqual([]);
  });

  test('STORE-19: an answer meant for another tab settles nothing here', async () => {
    const answers: (() => void)[] = [];
    const { asking, origin } = pair({ syncAsked: () => new Promise((resolve) => answers.push(resolve)) });
    const third = new TabLine(origin.openTab(), space, 'third', silent);
    const settled: string[] = [];
    const [mine, theirs] = [asking.askSync(), third.askSync()];
    void mine.then(() => settled.push('other'));
    void theirs.then(() => settled.push('third'));
    await comesTrue(() => expect(answers).toHaveLength(2));
    answers[1]?.();
    await theirs;
    expect(settled).toEqual(['third']);
    answers[0]?.();
    await mine;
  });

  test('APP-10: what is in no format of this build is passed over, and what follows is heard', async () => {
    const heard: unknown[] = [];
    const { asking, origin, leading } = pair(
      {
        stateAsked: () => heard.push('asked'),
        state: () => heard.push('state'),
        syncAsked: () => {
          heard.push('cycle');
          return null;
        },
      },
      { state: (state) => heard.push(state) },
    );
    const other = origin.openTab().openChannel(`cairn-tabs-${toBase64Url(space)}`);
    for (const message of [
      { kind: 'state' }, // as a build without formats said it
      { kind: 'ask-sync', from: 'x', number: 1 },
      { format: 2, message: { kind: 'ask-state' } },
      { format: 2, message: { kind: 'state', state: 'of another shape' } },
      { format: '1', message: { kind: 'ask-state' } },
      { format: 2 },
      'ask-state',
      7,
      null,
      undefined,
    ])
      other.post(message);
    asking.askState();
    await comesTrue(() => expect(heard).toEqual(['asked']));
    leading.tellState(unknownCycle);
    await comesTrue(() => expect(heard).toEqual(['asked', unknownCycle]));
  });
});
