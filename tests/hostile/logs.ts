/** Answers that are well-formed and not true: old, of another space or log, out of order, withheld, counted wrongly. */
import type { Bytes } from '../../src/format/bytes.ts';
import { decode, encode } from '../../src/format/cbor.ts';
import { decodeHead } from '../../src/format/head.ts';
import { listOf } from '../../src/format/shape.ts';
import { asDeviceNumber, type DeviceNumber } from '../../src/format/stamp.ts';
import {
  type ChangesAnswer,
  decodeChangesAnswer,
  decodeLeavesAnswer,
  decodeReadAnswer,
  encodeChangesAnswer,
  encodeLeavesAnswer,
  encodeReadAnswer,
  encodeSizeAnswer,
  type ReadAnswer,
} from '../../src/format/wire.ts';
import { type Exchange, type Fault, send } from './proxy.ts';

/** What is true elsewhere: of another space at the same relay. */
export interface Elsewhere {
  readonly members: readonly Bytes[];
  readonly heads: readonly Bytes[];
  readonly entries: readonly Bytes[];
}

type Log = ReadAnswer['logs'][number];

async function rewrite(exchange: Exchange, change: (body: Bytes) => Bytes): Promise<void> {
  const answer = await exchange.honest();
  await send(exchange, answer.status === 200 ? { ...answer, body: change(answer.body) } : answer);
}

const changes =
  (change: (answer: ChangesAnswer) => ChangesAnswer): Fault['answer'] =>
  (exchange) =>
    rewrite(exchange, (body) => encodeChangesAnswer(change(decodeChangesAnswer(body))));

/** Changes the entries of each log that is read, and leaves leaf hashes as they are. */
const reads =
  (change: (log: Log) => Partial<Log>): Fault['answer'] =>
  (exchange) =>
    rewrite(exchange, (body) =>
      encodeReadAnswer({
        logs: decodeReadAnswer(body).logs.map((log) => ({ ...log, ...change(log) })),
      }),
    );

const turned = (bytes: Bytes): Bytes => {
  const copy = bytes.slice();
  const at = copy.length >> 1;
  copy[at] = (copy[at] ?? 0) ^ 8;
  return copy;
};

const bad = ['bad-answer'];
const waits = ['held: unavailable'];

export function logFaults(elsewhere: Elsewhere): Fault[] {
  const ofChanges = (
    name: string,
    ends: readonly string[],
    change: (answer: ChangesAnswer) => ChangesAnswer,
  ) => ({
    name,
    paths: ['/changes'] as const,
    ends,
    answer: changes(change),
  });
  const ofReads = (name: string, ends: readonly string[], change: (log: Log) => Partial<Log>) => ({
    name,
    paths: ['/entries/read'] as const,
    ends,
    answer: reads(change),
  });
  return [
    oldHeads(),
    // Our own is always told; without it the relay shows less than it acknowledged.
    ofChanges('heads withheld', ['held: rollback'], (answer) => ({ ...answer, heads: [] })),
    ofChanges('heads of another space', ['held: unauthorized'], (answer) => ({
      ...answer,
      heads: [...answer.heads, ...elsewhere.heads],
    })),
    ofChanges('heads with a bit flipped', ['held: unauthorized', 'bad-answer', 'well'], (answer) => ({
      ...answer,
      heads: answer.heads.map(turned),
    })),
    ofChanges('heads that are none', bad, (answer) => ({
      ...answer,
      heads: [...answer.heads, Uint8Array.of(1)],
    })),
    ofChanges('heads twice and in another order', ['well'], (answer) => ({
      ...answer,
      heads: [...answer.heads, ...answer.heads].reverse(),
    })),
    ofChanges('a membership log that is longer than what comes of it', bad, (answer) => ({
      ...answer,
      members: { ...answer.members, size: answer.members.size + 5 },
    })),
    ofChanges('a membership log of more entries than there are numbers for', bad, (answer) => ({
      ...answer,
      members: { ...answer.members, size: Number.MAX_SAFE_INTEGER },
    })),
    ofChanges('members of another space', bad, (answer) => ({
      ...answer,
      members: {
        size: answer.members.size + elsewhere.members.length,
        from: answer.members.from,
        entries: [...answer.members.entries, ...elsewhere.members],
      },
    })),
    ofChanges('a membership log that begins again', bad, (answer) => ({
      ...answer,
      members: { size: answer.members.size + 1, from: 1, entries: elsewhere.members },
    })),
    ofChanges('a shorter membership log', ['bad-answer', 'size-mismatch'], (answer) => ({
      ...answer,
      members: { size: 1, from: 2, entries: [] },
    })),
    ofChanges('beacons that are none', ['well'], (answer) => ({
      ...answer,
      beacons: [Uint8Array.of(1), ...elsewhere.heads, ...answer.beacons.map(turned)],
    })),
    {
      name: 'a clock nine years ahead',
      paths: ['/changes', '/beacon'],
      ends: ['well'],
      answer: async (exchange) => {
        if (exchange.path === '/changes') {
          await changes((answer) => ({ ...answer, now: answer.now + 9 * 365 * 86_400_000 }))(exchange);
        } else exchange.reply.writeHead(204).end();
      },
    },
    ofReads('entries with a bit flipped', waits, ({ entries }) => ({ entries: entries.map(turned) })),
    ofReads('the last entry with a bit flipped', waits, ({ entries }) => ({
      entries: entries.map((entry, index) => (index === entries.length - 1 ? turned(entry) : entry)),
    })),
    ofReads('entries in another order', waits, ({ entries }) => ({ entries: [...entries].reverse() })),
    // Up to the first wrong one they are right, and the next answer begins behind it.
    ofReads('the first entry again and again', ['well', ...waits], ({ entries }) => ({
      entries: entries.map((entry) => entries[0] ?? entry),
    })),
    ofReads('entries of another space', waits, ({ entries }) => ({
      entries: entries.map((entry, index) => elsewhere.entries[index] ?? entry),
    })),
    ofReads('the first entry left out', waits, ({ entries }) => ({
      entries: entries.length > 1 ? entries.slice(1) : elsewhere.entries.slice(0, 1),
    })),
    ofReads('more entries than were asked for', waits, ({ entries }) => ({
      entries: [...entries, ...entries],
    })),
    ofReads('entries of another log', ['bad-answer', 'held: unavailable'], ({ log }) => ({
      log: asDeviceNumber(log === 1 ? 3 : 1),
    })),
    ofReads('no entries', waits, () => ({ entries: [] })),
    ofReads('entries from another place on', ['bad-answer', 'held: unavailable'], ({ start }) => ({
      start: start + 1,
    })),
    ofReads('an entry that states a size of its body of 4 GiB', waits, ({ entries }) => ({
      entries: entries.map(inflated),
    })),
    {
      name: 'no log at all',
      paths: ['/entries/read'],
      ends: bad,
      answer: (exchange) => rewrite(exchange, () => encodeReadAnswer({ logs: [] })),
    },
    {
      name: 'wrong entries, and leaf hashes in another order',
      paths: ['/entries/read', '/leaves/read'],
      ends: waits,
      answer: (exchange) =>
        exchange.path === '/leaves/read'
          ? rewrite(exchange, (body) =>
              encodeLeavesAnswer({ leaves: [...decodeLeavesAnswer(body).leaves].reverse() }),
            )
          : reads(({ entries }) => ({ entries: entries.map(turned) }))(exchange),
    },
    {
      name: 'an acknowledgement of more than was sent',
      paths: ['/entries'],
      ends: bad,
      answer: (exchange) => rewrite(exchange, () => encodeSizeAnswer({ size: 4_000_000_000 })),
    },
    {
      name: 'an acknowledgement of nothing',
      paths: ['/entries'],
      ends: bad,
      answer: (exchange) => rewrite(exchange, () => encodeSizeAnswer({ size: 0 })),
    },
  ];
}

/** The heads of the first answer, ever again. */
function oldHeads(): Fault {
  const first = new Map<DeviceNumber, Bytes>();
  return {
    name: 'old heads',
    paths: ['/changes'],
    ends: ['held: rollback', 'well'],
    answer: changes((answer) => {
      const heads = answer.heads.map((head) => {
        const { log } = decodeHead(head);
        const old = first.get(log) ?? head;
        first.set(log, old);
        return old;
      });
      return { ...answer, heads };
    }),
  };
}

/** The same entry, but for the size that it states of its body. */
function inflated(entry: Bytes): Bytes {
  return encode(listOf(decode(entry)).map((part, index) => (index === sizePart ? 2 ** 32 : part)));
}

/** Which part of an entry states the size of its body. */
const sizePart = 7;
