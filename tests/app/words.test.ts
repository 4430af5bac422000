import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes, errorWords } from '../../src/app/error-words.ts';
import { holdReasons, holdWords } from '../../src/app/hold-words.ts';
import { unsentWords } from '../../src/app/unsent-words.ts';
import { reasonOrder, reasonWords } from '../../src/app/words.ts';
import type { Reason } from '../../src/client/index.ts';
import { wakesOn } from '../../src/model/hold.ts';
import { deviceNumber } from './device-number.ts';

const scene = { place: 'this phone', who: (device: number) => `Ben’s phone ${device}` } as const;

/** One of each, with values as the status gives them. */
const reasons: readonly Reason[] = [
  { kind: 'storage-lost', values: {} },
  { kind: 'storage-broken', values: { code: 'storage-corrupt' } },
  { kind: 'storage-full', values: { usage: 1, quota: 1 } },
  { kind: 'clock-wrong', values: { byMs: -7_200_000 } },
  { kind: 'update-needed', values: { devices: [], membership: true } },
  { kind: 'joining', values: { step: 'verifying' } },
  { kind: 'not-confirmed', values: {} },
  { kind: 'not-registered', values: {} },
  { kind: 'never-synced', values: {} },
  { kind: 'offline', values: {} },
  { kind: 'rate-limited', values: { until: null } },
  { kind: 'relay-error', values: { code: 'bad-answer' } },
  { kind: 'waiting', values: { until: 1 } },
  { kind: 'syncing', values: {} },
  { kind: 'unsent', values: { count: 3, why: null } },
  { kind: 'behind', values: { entries: 2, devices: [deviceNumber(2)] } },
  { kind: 'held', values: { device: deviceNumber(2), position: 7, reason: 'clock-ahead', since: 0 } },
];

/** The same reason, with each cause that it may have. */
const whys = ['not-a-writer', 'membership-held', 'missing-key', 'clock-wrong', 'own-log-held'] as const;
const unsentFor = (why: (typeof whys)[number]): { means: string; next: string } =>
  unsentWords(reasonWords({ kind: 'unsent', values: { count: 3, why } }, scene), why);

/** The quoted members of a union type as it is written in the source. */
function members(path: string, start: string): readonly string[] {
  const source = readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8');
  const from = source.indexOf(start);
  expect(from).toBeGreaterThanOrEqual(0);
  const text = source.slice(from, source.indexOf(';\n\n', from));
  return [...text.matchAll(/(?:\| |kind: )'([\w-]+)'/g)].map(([, name = '']) => name);
}

test('APP-3, RELAY-9: every error code of the union has words, and no others are there', () => {
  const codes = members('errors.ts', 'export type ErrorCode');
  expect(codes.length).toBeGreaterThan(40);
  expect([...errorCodes].sort()).toEqual([...codes].sort());
});

test('APP-3: every reason of the status has words, and no others are there', () => {
  const kinds = members('model/sync-status.ts', 'export type Reason =');
  expect(kinds.length).toBeGreaterThan(15);
  expect([...reasonOrder].sort()).toEqual([...kinds].sort());
});

test('APP-3: every reason to hold has words that name the device, and a next step', () => {
  expect([...holdReasons].sort()).toEqual(Object.keys(wakesOn).sort());
  for (const reason of holdReasons) {
    const { means, next } = holdWords(reason, 'Ben’s phone');
    expect(means).toContain('Ben’s phone');
    expect(next).toMatch(/\.$/);
  }
});

test('APP-3: no two reasons say the same, and each says what it means and what to do', () => {
  const said = reasons.map((reason) => reasonWords(reason, scene));
  expect(new Set(said.map(({ word }) => word)).size).toBe(reasons.length);
  expect(new Set(said.map(({ means }) => means)).size).toBe(reasons.length);
  for (const { word, means, next } of said) {
    expect(word.length).toBeLessThanOrEqual(16);
    expect(means).toMatch(/^[A-Z0-9].*\.$/);
    expect(next).toMatch(/^[A-Z].*\.$/);
  }
});

test('APP-3: unsent changes say why they wait, and what to do about it', () => {
  const said = [
    ...whys.map(unsentFor),
    reasonWords({ kind: 'unsent', values: { count: 3, why: null } }, scene),
  ];
  expect(new Set(said.map(({ means }) => means)).size).toBe(whys.length + 1);
  expect(new Set(said.map(({ next }) => next)).size).toBe(whys.length + 1);
  for (const { means } of said) expect(means).toMatch(/^3 changes are only on this phone\./);
});

test('APP-3, RELAY-14: nothing promises that a server which has lost something gets it again by itself', () => {
  const rollback = holdWords('rollback', 'Ben’s phone');
  const pill = reasonWords(
    { kind: 'held', values: { device: deviceNumber(1), position: 1, reason: 'rollback', since: 0 } },
    scene,
  );
  expect(pill.means).toBe('The server has lost some of what it had.');
  const held = unsentFor('own-log-held');
  for (const { means, next } of [rollback, held]) expect(`${means} ${next}`).not.toMatch(/by (it|them)sel/);
});

test('APP-3: the states that DESIGN names each have their own word', () => {
  const word = (reason: Reason): string => reasonWords(reason, scene).word;
  const held = (reason: (typeof holdReasons)[number]): string =>
    word({ kind: 'held', values: { device: deviceNumber(2), position: 1, reason, since: 0 } });
  expect(held('missing-key')).toBe('Held');
  expect(held('fork')).toBe('Forked');
});

test('APP-4: no exact term of the design stands in the plain words', () => {
  const exact =
    /\b(cursor|heads?|logs?|epoch|entry|entries|journal|membership|relay|merkle|frontier|beacon|stamps?|changesets?|tombstone|outbox|replica|payload|schema|hash)\b/i;
  const all = [
    ...reasons.map((reason) => reasonWords(reason, scene)),
    ...whys.map(unsentFor),
    ...holdReasons.map((reason) => holdWords(reason, 'Ben’s phone')),
    ...errorCodes.map((code) => errorWords({ code })),
  ].flatMap(({ means, next }) => [means, next]);
  expect(all.filter((text) => exact.test(text))).toEqual([]);
});

test('APP-3: a server that does not answer is not said to have answered, and is waited for', () => {
  const error = (code: 'timeout' | 'unavailable' | 'bad-answer') =>
    reasonWords({ kind: 'relay-error', values: { code } }, scene);
  for (const code of ['timeout', 'unavailable'] as const) {
    expect(error(code)).toMatchObject({ word: 'No answer', tone: 'waiting' });
    expect(error(code).means).not.toContain('answered');
  }
  expect(error('bad-answer')).toMatchObject({ word: 'Server trouble', tone: 'trouble' });
});

test('APP-3: words name the place, the count and how far the clock is off', () => {
  expect(reasonWords({ kind: 'unsent', values: { count: 1, why: null } }, scene).means).toBe(
    '1 change is only on this phone.',
  );
  expect(reasonWords({ kind: 'unsent', values: { count: 1200, why: null } }, scene).means).toBe(
    '1,200 changes are only on this phone.',
  );
  expect(reasonWords({ kind: 'clock-wrong', values: { byMs: -7_200_000 } }, scene).means).toContain(
    '120 minutes behind',
  );
  expect(reasonWords({ kind: 'clock-wrong', values: { byMs: 61_000 } }, scene).means).toContain(
    '1 minute ahead of',
  );
});

test('APP-18: a code that this page does not know still gets words', () => {
  // A failure may come from a newer worker.
  expect(errorWords({ code: 'from-the-future' })).toEqual(errorWords({ code: 'internal' }));
});
