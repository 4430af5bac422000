/**
 * Two signed heads of one log that can't both be true, in a form that proves itself to anyone (LOG-13):
 *
 *   evidence = ["fork", lesser head, greater head, root, [* hash]]
 *
 * `root` is that of the greater head's log at the lesser head's size, and the hashes are the consistency proof for it. Of
 * heads of one size it is the greater head's own root, and there are no hashes.
 */
import { isError } from '../errors.ts';
import { asHash, type Bytes, equal, type Hash, type SpaceId } from '../format/bytes.ts';
import { decode, encode } from '../format/cbor.ts';
import { decodeHead, type Head } from '../format/head.ts';
import { openHead } from '../format/head-signing.ts';
import {
  appendLeaves,
  consistencyProof,
  emptyFrontier,
  frontierRoot,
  verifyConsistency,
} from '../format/merkle.ts';
import { bytesOf, hashOf, listOf, tupleOf } from '../format/shape.ts';

/** Evidence from two heads of one size and different roots. */
export function forkOfEquals(one: Bytes, other: Bytes): Bytes {
  return encode(['fork', one, other, decodeHead(other).root, []]);
}

/** Evidence from all leaves of the greater head's log, which were checked to give its root. */
export function forkOfPrefix(lesser: Bytes, greater: Bytes, leaves: readonly Hash[]): Bytes {
  const { size } = decodeHead(lesser);
  const root = frontierRoot(appendLeaves(emptyFrontier, leaves.slice(0, size)));
  return encode(['fork', lesser, greater, root, consistencyProof(leaves, size, leaves.length)]);
}

/** Whether this proves a fork of a log of the space; gives the log's author by key, for whom it is evidence. */
export async function checkForkEvidence(
  evidence: Bytes,
  space: SpaceId,
): Promise<{ readonly lesser: Head; readonly greater: Head; readonly key: Bytes } | null> {
  try {
    const [kind, lesserBytes, greaterBytes, rootValue, proofValue] = tupleOf(decode(evidence), 5);
    if (kind !== 'fork') return null;
    const [{ head: lesser, key }, { head: greater, key: otherKey }] = await Promise.all([
      openHead(bytesOf(lesserBytes), space),
      openHead(bytesOf(greaterBytes), space),
    ]);
    const root = hashOf(rootValue);
    const proof = listOf(proofValue).map((hash) => asHash(bytesOf(hash)));
    const proven =
      equal(key, otherKey) &&
      lesser.log === greater.log &&
      !equal(root, lesser.root) &&
      verifyConsistency(lesser.size, root, greater.size, greater.root, proof);
    return proven ? { lesser, greater, key } : null;
  } catch (thrown) {
    if (isError(thrown, 'malformed') || isError(thrown, 'bad-signature')) return null;
    if (isError(thrown, 'wrong-space') || isError(thrown, 'wrong-type') || isError(thrown, 'too-large'))
      return null;
    throw thrown;
  }
}
