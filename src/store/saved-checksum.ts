import { platformSha256 } from '../crypto/platform-hash.ts';
import { type Bytes, concat, equal, utf8 } from '../format/bytes.ts';
import type { MembershipEntry } from '../format/membership-entry.ts';

/**
 * A saved fold with a SHA-256 behind it, over the kinds of membership entries that this build knows and the bytes.
 *
 * 1. Damage that would decode, say to another cursor, is found: what does not fit its hash is as good as not saved (STORE-3).
 * 2. A fold saved where an unknown kind held the membership log is passed over by a build that knows more kinds: it folds the
 *    journal from its start and so judges the held entry again.
 */
export async function withChecksum(bytes: Bytes): Promise<Bytes> {
  return concat(bytes, await checksum(bytes));
}

/** The bytes that `withChecksum` was given; null for anything but what it made, in a build that knows the same kinds. */
export async function checked(saved: Bytes): Promise<Bytes | null> {
  if (saved.length < checksumLength) return null;
  const bytes = saved.slice(0, -checksumLength);
  return equal(saved.subarray(-checksumLength), await checksum(bytes)) ? bytes : null;
}

const checksumLength = 32;

/** All kinds, by the compiler's word: a new one is missing here until it is added. */
const knownKinds: Readonly<Record<Exclude<MembershipEntry['kind'], 'unknown'>, true>> = {
  create: true,
  invite: true,
  join: true,
};

function checksum(bytes: Bytes): Promise<Bytes> {
  return platformSha256(concat(utf8(`${Object.keys(knownKinds).join(' ')}\n`), bytes));
}
