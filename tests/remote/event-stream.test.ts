import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CairnError } from '../../src/errors.ts';
import { utf8 } from '../../src/format/bytes.ts';
import type { RelayEvent } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { streamLimits } from '../../src/relay/event-hub.ts';
import { EventParser } from '../../src/remote/event-parser.ts';
import { followEvents } from '../../src/remote/event-stream.ts';
import type { RelayClient } from '../../src/remote/relay-client.ts';
import { property } from '../property.ts';
import { ManualRuntime } from './runtime.ts';

type Listen = RelayClient['events'];

/** Follows a relay that answers each connection as the next of `answers` says; after the last it never answers. */
function following(...answers: Listen[]) {
  const runtime = new ManualRuntime();
  const over = new AbortController();
  const heard: (RelayEvent | 'opened' | 'ended' | 'unreached')[] = [];
  let reached = (): void => undefined;
  const connections: number[] = [];
  const events: Listen = (part, quietMs, signal) => {
    connections.push(runtime.elapsed);
    const next = answers.shift();
    if (next !== undefined) return next(part, quietMs, signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const listener = {
    opened: () => heard.push('opened'),
    event: (event: RelayEvent) => heard.push(event),
    ended: () => heard.push('ended'),
    unreached: () => heard.push('unreached'),
    waiting: (end: () => void) => {
      reached = end;
    },
  };
  const done = followEvents(runtime, { events }, listener, over.signal);
  const end = (): Promise<void> => {
    over.abort();
    return done;
  };
  return { runtime, heard, connections, end, reached: () => reached() };
}

const says =
  (...texts: string[]): Listen =>
  async (part) => {
    for (const text of texts) part(utf8(text));
  };
const fails =
  (code: 'offline' | 'timeout' | 'unauthorized' | 'unknown-space'): Listen =>
  () =>
    Promise.reject(new CairnError(code, 'test'));

describe('following events', () => {
  test('RELAY-17: each event is told, and a stream that ends is opened again', async () => {
    const { runtime, heard, connections, end } = following(
      says(': listening\n\n', 'event: change\ndata: {"members":3}\n\ndata: {"log":2,"size":9}\n\n'),
      says('data: {"beacon":1}\n\n'),
    );
    await runtime.pass(10_000);
    const first = ['opened', { members: 3 }, { log: 2, size: 9 }, 'ended'];
    expect(heard).toEqual([...first, 'opened', { beacon: 1 }, 'ended']);
    expect(connections).toHaveLength(3);
    await end();
  });

  test('RELAY-17: what is no event of this API is passed over', async () => {
    const { runtime, heard, end } = following(
      says('data: {"new":"kind"}\n\n', 'data: nonsense\n\n', 'data: {"members":4}\n\n'),
    );
    await runtime.pass(0);
    expect(heard).toEqual(['opened', { members: 4 }, 'ended']);
    await end();
  });

  test('PUSH-15: connections that fail come ever more slowly, at most every two minutes', async () => {
    const { runtime, connections, end } = following(...Array.from({ length: 12 }, () => fails('offline')));
    await runtime.pass(20 * 60_000);
    const waits = connections.slice(1).map((at, index) => at - (connections[index] ?? 0));
    for (const [index, wait] of waits.entries()) {
      const whole = Math.min(120_000, 2_000 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(whole * 0.75);
      expect(wait).toBeLessThanOrEqual(whole);
    }
    expect(waits.length).toBeGreaterThan(8);
    await end();
  });

  test('RELAY-17: it ends when it is told to, in each of its states', async () => {
    for (const answers of [[], [fails('unauthorized')], [says('data: {"members":1}\n\n')]]) {
      const { runtime, end } = following(...answers);
      await runtime.pass(1);
      await end();
      expect(runtime.timers).toBe(0);
    }
  });

  test('RELAY-17: a stream that floods is left', async () => {
    const { runtime, heard, connections, end } = following(async (part) => {
      for (let i = 0; i < 10; i++) part(utf8('x'.repeat(1000)));
      throw new Error('it was read on');
    });
    await runtime.pass(5_000);
    expect(heard).toEqual(['opened', 'ended']);
    expect(connections).toHaveLength(2);
    await end();
  });

  test('PUSH-15: a stream that is always ended at once is opened ever more slowly', async () => {
    const { runtime, connections, end } = following(...Array.from({ length: 12 }, () => says(': here\n\n')));
    await runtime.pass(10 * 60_000);
    expect(connections.length).toBeLessThan(12);
    await end();
  });

  test('APP-1: a stream of a relay that falls silent ends after about two of its signs of life', async () => {
    const silences: number[] = [];
    const { runtime, heard, end } = following((part, quietMs) => {
      silences.push(quietMs);
      part(utf8(': listening\n\n'));
      return Promise.reject(new CairnError('timeout', 'test'));
    });
    await runtime.pass(0);
    expect(heard).toEqual(['opened', 'ended']);
    for (const quietMs of silences) {
      expect(quietMs).toBeGreaterThan(2 * streamLimits.heartbeatMs);
      expect(quietMs).toBeLessThan(2.2 * streamLimits.heartbeatMs);
    }
    await end();
  });

  test('APP-1: a connection that nobody answers is told, one that is refused is not: who refuses is there', async () => {
    const answers = (['unknown-space', 'offline', 'unauthorized', 'timeout'] as const).map(fails);
    const { runtime, heard, end } = following(...answers);
    await runtime.pass(10_000);
    await runtime.pass(20_000);
    expect(heard).toEqual(['unreached', 'unreached']);
    await end();
  });

  test('APP-1: what ends because it is told to tells nobody', async () => {
    const { runtime, heard, end } = following();
    await runtime.pass(1);
    await end();
    expect(heard).toEqual([]);
  });

  test('PUSH-15, RELAY-17: a stream that is broken as soon as it is open is opened ever more slowly, though other requests get through', async () => {
    const { runtime, connections, end, reached } = following(
      ...Array.from({ length: 40 }, () => says(': here\n\n')),
    );
    for (let second = 0; second < 120; second++) {
      reached();
      await runtime.pass(1_000);
    }
    expect(connections.length).toBeLessThan(10);
    await end();
  });

  test('PUSH-15: once the relay was reached by another way, a long wait is over at once', async () => {
    const failing = Array.from({ length: 6 }, () => fails('offline'));
    const { runtime, heard, connections, end, reached } = following(...failing, says(': listening\n\n'));
    await runtime.pass(100_000);
    expect(connections).toHaveLength(6);
    reached();
    await runtime.pass(0);
    expect(connections).toHaveLength(7);
    expect(heard.slice(6)).toEqual(['opened', 'ended']);
    await end();
    expect(runtime.timers).toBe(0);
  });
});

describe('the parser', () => {
  const text =
    ': hello\r\nevent: change\rdata: one\r\ndata:two\n\nid: 7\ndata\n\n: only a comment\n\ndata: größer\n\n';
  const due = ['one\ntwo', '', 'größer'];

  property(
    'RELAY-17: however the bytes are cut, the events are the same',
    300,
    fc.array(fc.nat({ max: 200 })),
    (cuts) => {
      const bytes = utf8(text);
      const parser = new EventParser();
      const events: string[] = [];
      let from = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        events.push(...parser.push(bytes.subarray(from, cut)));
        from = Math.max(from, Math.min(cut, bytes.length));
      }
      expect(events).toEqual(due);
    },
  );

  test('RELAY-8: an event larger than any of ours ends the stream, in one line or in many', () => {
    expect(() => new EventParser().push(utf8(`data: ${'x'.repeat(5000)}`))).toThrow(CairnError);
    const parser = new EventParser();
    expect(() => {
      for (let i = 0; i < 10_000; i++) parser.push(utf8('data: x\n'));
    }).toThrow(CairnError);
    const empty = new EventParser();
    expect(() => {
      for (let i = 0; i < 10_000; i++) empty.push(utf8('data\n'));
    }).toThrow(CairnError);
  });

  test('RELAY-8: a stream of more than 4 MiB is ended, however little is in it', () => {
    const parser = new EventParser();
    const comments = utf8(': so much to say\n'.repeat(4096));
    const most = Math.floor(limits.httpBodyBytes / comments.length);
    for (let i = 0; i < most; i++) expect(parser.push(comments)).toEqual([]);
    expect(() => parser.push(comments)).toThrow(CairnError);
  });
});
