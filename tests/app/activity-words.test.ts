import { describe, expect, test } from 'vitest';
import { activityText, activityWords, days } from '../../src/app/activity-words.ts';
import type { Activity } from '../../src/client/index.ts';

const who = (device: number): string => `Ben’s phone ${device}`;
const at = Date.UTC(2026, 10, 21, 12, 0, 3);
const day = 86_400_000;

const lines: readonly Activity[] = [
  { at, kind: 'log-began', devices: 1 },
  { at, kind: 'log-damaged' },
  { at, kind: 'opened', schema: 1, before: null },
  { at, kind: 'opened', schema: 2, before: 1 },
  { at, kind: 'closed' },
  { at, kind: 'took-over' },
  { at, kind: 'began', trouble: { of: 'sync', code: 'offline' }, asOf: null },
  { at, kind: 'began', trouble: { of: 'storage', code: 'storage-full' }, asOf: null },
  { at, kind: 'began', trouble: { of: 'clock', byMs: -2 * 3_600_000 }, asOf: null },
  { at, kind: 'began', trouble: { of: 'sending', why: 'missing-key' }, asOf: null },
  { at, kind: 'began', trouble: { of: 'device', device: 2, reason: 'fork', position: 4 }, asOf: null },
  { at, kind: 'began', trouble: { of: 'version' }, asOf: null },
  { at, kind: 'ended', trouble: { of: 'sync', code: 'offline' }, since: at - 3 * 3_600_000 },
  { at, kind: 'ended', trouble: { of: 'storage', code: 'storage-full' }, since: at - 1_000 },
  { at, kind: 'ended', trouble: { of: 'clock', byMs: 1 }, since: at },
  { at, kind: 'ended', trouble: { of: 'sending', why: 'missing-key' }, since: at - day },
  { at, kind: 'ended', trouble: { of: 'device', device: 2, reason: 'fork', position: 4 }, since: at },
  { at, kind: 'ended', trouble: { of: 'version' }, since: at },
  { at, kind: 'received', device: 2, entries: 1234, until: at },
  { at, kind: 'sent', entries: 1, until: at },
  { at, kind: 'joined', device: 2 },
  { at, kind: 'invited', role: 'reader', uses: 1 },
  { at, kind: 'reopened' },
];

describe('what happened, in words', () => {
  test('APP-14: every line is a sentence of plain words, and no two say the same', () => {
    const said = lines.map((line) => activityWords(line, who));
    for (const words of said) expect(words).toMatch(/^[A-Z].*\.$/);
    // Without its other name no version of the app is told from another.
    expect(new Set(said).size).toBe(lines.length);
    expect(said.join(' ')).not.toMatch(
      /undefined|null|NaN|\b(cursor|epoch|schema|entr(y|ies)|relay|cycle)\b/,
    );
    expect(said).toContain('The clock of this device was 2 hours behind.');
    expect(said).toContain('Sync worked again, after 3 hours.');
    expect(said).toContain('There was room on this device again, after less than a minute.');
    expect(said).toContain('Received 1,234 batches of changes from Ben’s phone 2.');
    expect(said).toContain('An invitation was made here, for a reader.');
  });

  test('APP-14: days are named, today as today, newest first within each and among them', () => {
    const two: readonly Activity[] = [
      { at: at - 2 * day, kind: 'closed' },
      { at, kind: 'reopened' },
      { at: at + 1, kind: 'closed' },
    ];
    const [today, before, ...more] = days(two, at);
    expect(today).toEqual({ name: 'Today', lines: [two[2], two[1]] });
    expect(before?.name).toMatch(/^Thursday, November 19, 2026$/);
    expect(more).toEqual([]);
  });

  test('APP-14: the text to send has each line with its time in UTC, the words and the exact codes, newest first', () => {
    const text = activityText(lines.slice(5, 7), who, at);
    expect(text).toBe(
      [
        'Cairn: what happened on this device, as of 2026-11-21T12:00:03.000Z',
        '2026-11-21T12:00:03.000Z  Sync failed. There is no connection to the server.  {"kind":"began","trouble":{"of":"sync","code":"offline"},"asOf":null}',
        '2026-11-21T12:00:03.000Z  Another tab of Cairn took over syncing.  {"kind":"took-over"}',
        '',
      ].join('\n'),
    );
  });
});
