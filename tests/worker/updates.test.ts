import { expect, test } from 'vitest';
import type { Update } from '../../src/worker/protocol.ts';
import { Updates } from '../../src/worker/updates.ts';
import { TestClock } from './clock.ts';

function counting(): { clock: TestClock; updates: Updates; sent: number[]; waiting: { work: boolean } } {
  const clock = new TestClock();
  const sent: number[] = [];
  const waiting = { work: true };
  const collect = (): Update | null => (waiting.work ? { live: [] } : null);
  return { clock, waiting, sent, updates: new Updates(clock, collect, () => sent.push(clock.now())) };
}

test('APP-13: the first change goes out at once, those of the same frame together with the next', () => {
  const { clock, updates, sent } = counting();
  clock.move(100);
  updates.mark();
  updates.mark();
  clock.move(0);
  expect(sent).toEqual([100]);
  clock.move(3);
  updates.mark();
  clock.move(1);
  updates.mark();
  clock.move(50);
  expect(sent).toEqual([100, 116]);
});

test('APP-13: however many changes there are, there is at most one message a frame', () => {
  const { clock, updates, sent } = counting();
  for (let i = 0; i < 1600; i += 1) {
    updates.mark();
    clock.move(1);
  }
  expect(sent.length).toBeLessThanOrEqual(101);
  expect(sent.length).toBeGreaterThanOrEqual(99);
});

test('PULL-18: nothing to tell is told by no message, and does not delay the next', () => {
  const { clock, updates, sent, waiting } = counting();
  waiting.work = false;
  updates.mark();
  clock.move(1);
  expect(sent).toEqual([]);
  waiting.work = true;
  updates.mark();
  clock.move(0);
  expect(sent).toEqual([1]);
});

test('APP-13: the next message waits until the page has taken in the one before, and what came meanwhile is in it', async () => {
  const clock = new TestClock();
  const sent: number[] = [];
  const pages: (() => void)[] = [];
  const updates = new Updates(
    clock,
    () => ({ live: [] }),
    () => {
      sent.push(clock.now());
      return new Promise<void>((taken) => pages.push(taken));
    },
  );
  updates.mark();
  clock.move(0);
  for (let i = 0; i < 5; i += 1) {
    updates.mark();
    clock.move(100);
  }
  expect(sent).toEqual([0]);
  pages.shift()?.();
  await Promise.resolve();
  clock.move(0);
  expect(sent).toEqual([0, 500]);
});

test('APP-13: what is marked while a message is collected goes out a frame later', () => {
  const clock = new TestClock();
  const sent: number[] = [];
  let left = 3;
  const updates: Updates = new Updates(
    clock,
    () => {
      left -= 1;
      if (left > 0) updates.mark();
      return { live: [] };
    },
    () => sent.push(clock.now()),
  );
  updates.mark();
  clock.move(100);
  expect(sent).toEqual([0, 16, 32]);
});

test('APP-17: after closing nothing is told any more', () => {
  const { clock, updates, sent } = counting();
  updates.mark();
  updates.close();
  updates.mark();
  updates.flush();
  clock.move(1000);
  expect(sent).toEqual([]);
});
