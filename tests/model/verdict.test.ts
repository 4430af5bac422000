import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/crypto/hash.ts';
import { CairnError } from '../../src/errors.ts';
import { asHash, utf8 } from '../../src/format/bytes.ts';
import type { Head } from '../../src/format/head.ts';
import { asDeviceNumber, makeStamp, maxCounter } from '../../src/format/stamp.ts';
import { type HoldReason, isAwake, wakesOn } from '../../src/model/hold.ts';
import { type MembershipState, rootAt } from '../../src/model/membership.ts';
import {
  claimVerdict,
  headerVerdict,
  headVerdict,
  stampVerdict,
  verdictOfError,
} from '../../src/model/verdict.ts';
import { applied, created, joined, pair, start, unknown } from './membership-log.ts';

const other = asHash(sha256(utf8('another root')));
const { state: alone } = created();
const withBen = joined(alone, 'ann 1', 'ben', 'ben 1', 'writer');
const state = joined(withBen, 'ann 1', 'rea', 'rea 1', 'reader');

/** A head of a log, whose author had applied our membership log up to `members`. */
function head(of: MembershipState, log: number, members: number, size = 3): Head {
  const root = rootAt(of, members) ?? other;
  return { space: of.space, log: asDeviceNumber(log), size, root: other, members: { size: members, root } };
}
const hold = (reason: HoldReason): unknown => ({ kind: 'hold', reason });
const apply = { kind: 'apply' };

describe('heads', () => {
  test('PULL-4: the entries of a current device that may write count, as far back as its head goes', () => {
    expect(headVerdict(state, head(state, 2, 3), pair('ben 1').sign)).toEqual(apply);
    expect(headVerdict(state, head(state, 1, 1), pair('ann 1').sign)).toEqual(apply);
  });

  test('PULL-8: an author who is not allowed, or another than the log has, is held as unauthorized', () => {
    const unauthorized = hold('unauthorized');
    expect(headVerdict(state, head(state, 3, 5), pair('rea 1').sign)).toEqual(unauthorized);
    expect(headVerdict(state, head(state, 1, 5), pair('ben 1').sign)).toEqual(unauthorized);
    expect(headVerdict(state, head(state, 2, 5), pair('ben').sign)).toEqual(unauthorized);
    expect(headVerdict(state, head(state, 9, 5), pair('eve 1').sign)).toEqual(unauthorized);
  });

  test('PULL-8: and applied once the membership log allows it', () => {
    const later = joined(state, 'ann 1', 'rea', 'rea 2', 'writer');
    expect(headVerdict(later, head(later, 3, later.size), pair('rea 1').sign)).toEqual(apply);
  });

  test('a reader may say that its log is empty', () => {
    expect(headVerdict(state, head(state, 3, 5, 0), pair('rea 1').sign)).toEqual(apply);
  });

  test('PULL-5: under a head that names more of the membership log than we hold, nothing is applied until we have it', () => {
    const claim = head(state, 2, 5);
    expect(headVerdict(withBen, claim, pair('ben 1').sign)).toEqual(hold('unavailable'));
    expect(headVerdict(withBen, head(state, 3, 5), pair('rea 1').sign)).toEqual(hold('unavailable'));
    expect(headVerdict(state, claim, pair('ben 1').sign)).toEqual(apply);
  });

  test('PULL-5: while our membership log waits for an update, so do the entries that need more of it', () => {
    const held = applied(withBen, unknown(withBen, 'ann 1', 'dance'));
    expect(headVerdict(held, head(state, 2, 4), pair('ben 1').sign)).toEqual(hold('newer-schema'));
    expect(headVerdict(held, head(state, 2, 3), pair('ben 1').sign)).toEqual(apply);
  });

  test('PULL-6: a claim that does not fit our log holds that log as disagrees, and no other', () => {
    const wrong: Head = { ...head(state, 2, 3), members: { size: 3, root: other } };
    expect(headVerdict(state, wrong, pair('ben 1').sign)).toEqual(hold('disagrees'));
    expect(headVerdict(state, head(state, 1, 3), pair('ann 1').sign)).toEqual(apply);
  });

  test('PULL-6: whoever is not the author cannot make it disagree', () => {
    const wrong: Head = { ...head(state, 2, 3), members: { size: 3, root: other } };
    expect(headVerdict(state, wrong, pair('eve 1').sign)).toEqual(hold('unauthorized'));
    const far: Head = { ...head(state, 2, 3), members: { size: 99, root: other } };
    expect(headVerdict(state, far, pair('eve 1').sign)).toEqual(hold('unauthorized'));
  });

  test('MEM-10: a claim is compared and raises nothing', () => {
    const size = state.size;
    expect(claimVerdict(state, { size: 99, root: other })).toBe('ahead');
    expect(claimVerdict(state, { size, root: other })).toBe('disagrees');
    expect(claimVerdict(state, { size, root: rootAt(state, size) ?? other })).toBe('fits');
    expect(state.size).toBe(size);
  });
});

describe('headers', () => {
  const here = { schemaVersion: 2, hasEpoch: (epoch: number) => epoch === 1 };

  test('PULL-9: an entry is held as newer-schema exactly if its lowest reader is above our schema; none stated is any', () => {
    for (const schema of [0, 1, 2]) expect(headerVerdict({ epoch: 1, schema }, here)).toEqual(apply);
    expect(headerVerdict({ epoch: 1, schema: 3 }, here)).toEqual(hold('newer-schema'));
    expect(headerVerdict({ epoch: 1, schema: 3 }, { ...here, schemaVersion: 3 })).toEqual(apply);
  });

  test('PULL-2: a missing key is told before the schema: nothing can be opened anyway', () => {
    expect(headerVerdict({ epoch: 2, schema: 3 }, here)).toEqual(hold('missing-key'));
  });
});

test('PULL-11: an entry is held as clock-ahead while any stamp in it is more than five minutes ahead of our clock', () => {
  const at = (ms: number) => ({ stamp: makeStamp(ms, maxCounter) });
  const edge = start + 300_000;
  expect(stampVerdict([at(start), at(edge)], start)).toEqual(apply);
  expect(stampVerdict([at(start), at(edge + 1)], start)).toEqual(hold('clock-ahead'));
  expect(stampVerdict([at(start), at(edge + 1)], start + 1)).toEqual(apply);
  expect(stampVerdict([], start)).toEqual(apply);
});

test('PULL-4: a stamp of any age changes no verdict', () => {
  expect(stampVerdict([{ stamp: makeStamp(0, 0) }], start)).toEqual(apply);
});

describe('errors of reading', () => {
  test('PULL-9: a newer format is a wait', () => {
    expect(verdictOfError(new CairnError('newer-format', ''))).toEqual(hold('newer-schema'));
  });

  test('PULL-12: what the bytes alone decide is passed as malformed; what they do not is no verdict', () => {
    for (const code of ['malformed', 'too-large', 'cannot-open'] as const) {
      expect(verdictOfError(new CairnError(code, ''))).toEqual({ kind: 'pass', reason: 'malformed' });
    }
    for (const thrown of [
      new CairnError('offline', ''),
      new CairnError('storage-full', ''),
      new Error('malformed'),
      null,
    ]) {
      expect(verdictOfError(thrown)).toBeUndefined();
    }
  });
});

describe('holds', () => {
  const reasons = Object.keys(wakesOn) as HoldReason[];

  test('PULL-13: each of the nine reasons waits for something, and wakes on that alone', () => {
    expect(reasons).toHaveLength(9);
    const all = [...new Set(reasons.flatMap((reason) => wakesOn[reason]))];
    for (const reason of reasons) {
      expect(wakesOn[reason].length).toBeGreaterThan(0);
      for (const condition of all)
        expect(isAwake({ reason }, [condition])).toBe(wakesOn[reason].includes(condition));
      expect(isAwake({ reason }, [])).toBe(false);
    }
  });

  test('PULL-10: a missing key waits for a key and is not bothered by the membership log', () => {
    expect(isAwake({ reason: 'missing-key' }, ['membership', 'head', 'key'])).toBe(true);
    expect(isAwake({ reason: 'missing-key' }, ['membership', 'head', 'relay'])).toBe(false);
  });
});
