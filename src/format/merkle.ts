/**
 * Merkle trees of RFC 9162 §2.1 over SHA-256: a leaf is H(0x00 ‖ entry), a node H(0x01 ‖ left ‖ right), the empty tree's
 * root H(). Of n leaves the left subtree holds the greatest power of two below n.
 *
 * A **frontier** is the roots of the perfect subtrees of the first `size` leaves, left to right: one for every bit set in
 * `size`. It is all that appending needs. Frontiers are immutable values.
 *
 * 1. Appending to a frontier gives the root of the tree built from all leaves, for every split (LOG-11).
 * 2. Proofs are exact: a missing, surplus or moved hash, or a size outside the tree, fails (LOG-10).
 *
 * Sizes go up to the greatest safe integer: no bit operation touches one.
 */
import { sha256, sha256Many, sha256Of } from '../crypto/hash.ts';
import { CairnError } from '../errors.ts';
import { asHash, type Bytes, equal, type Hash } from './bytes.ts';
import { emptyFrontier, emptyRoot, type Frontier } from './frontier.ts';

export { emptyFrontier, emptyRoot, type Frontier } from './frontier.ts';

const leafPrefix = Uint8Array.of(0);
/** 0x01 and room for two hashes; hashing is synchronous, so one will do. */
const nodeInput = new Uint8Array(65);
nodeInput[0] = 1;

export function leafHash(entry: Uint8Array): Hash {
  return asHash(sha256Of(leafPrefix, entry));
}

/** Leaf hashes of many entries at once, by the platform where that pays. */
export async function leafHashes(entries: readonly Uint8Array[]): Promise<Hash[]> {
  // The prefix is joined on in one buffer for all: one for each would take longer than its hash.
  const joined = new Uint8Array(entries.reduce((sum, { length }) => sum + leafPrefix.length + length, 0));
  let end = 0;
  const leaves = entries.map((entry) => {
    const start = end;
    joined.set(leafPrefix, start);
    joined.set(entry, start + leafPrefix.length);
    end = start + leafPrefix.length + entry.length;
    return joined.subarray(start, end);
  });
  return (await sha256Many(leaves)).map(asHash);
}

export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return asHash(sha256(nodeInput));
}

export function appendLeaf(frontier: Frontier, leaf: Hash): Frontier {
  return appendLeaves(frontier, [leaf]);
}

export function appendLeaves(frontier: Frontier, leaves: readonly Hash[]): Frontier {
  const hashes = [...frontier.hashes];
  let { size } = frontier;
  for (const leaf of leaves) {
    let node = leaf;
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = hashes.pop();
      if (left === undefined) throw new CairnError('malformed', 'A frontier too short for its size');
      node = nodeHash(left, node);
    }
    hashes.push(node);
    size++;
  }
  return { size, hashes };
}

export function frontierRoot(frontier: Frontier): Hash {
  return (
    frontier.hashes.reduceRight<Hash | null>((right, left) => (right ? nodeHash(left, right) : left), null) ??
    emptyRoot
  );
}

/** Whether this is a frontier of a tree of its size, and that tree has this root. */
export function checkFrontier(frontier: Frontier, root: Uint8Array): boolean {
  let bits = 0;
  for (let rest = frontier.size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits === frontier.hashes.length && equal(frontierRoot(frontier), root);
}

export function rootOf(leaves: readonly Hash[]): Hash {
  return frontierRoot(appendLeaves(emptyFrontier, leaves));
}

/** The greatest power of two below `size`, which is at least 2. */
function leftSize(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The hashes that show leaf `index` (from 0) in the tree of these leaves (§2.1.3.1). @throws bad-range */
export function inclusionProof(leaves: readonly Hash[], index: number): Hash[] {
  if (!isCount(index) || index >= leaves.length) {
    throw new CairnError('bad-range', `No leaf ${index} among ${leaves.length}`);
  }
  if (leaves.length === 1) return [];
  const split = leftSize(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return index < split
    ? [...inclusionProof(left, index), rootOf(right)]
    : [...inclusionProof(right, index - split), rootOf(left)];
}

/** Whether the proof shows that `leaf` is leaf `index` (from 0) of the tree of this size and root (§2.1.3.2). */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  root: Hash,
  proof: readonly Hash[],
): boolean {
  if (!isCount(size) || !isCount(index) || index >= size) return false;
  let place = index;
  let last = size - 1;
  let node = leaf;
  for (const hash of proof) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      node = nodeHash(hash, node);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, hash);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(node, root);
}

/**
 * The hashes that show the tree of the first `from` leaves to be a prefix of the tree of the first `to` (§2.1.4.1);
 * none if either is empty or both are the same. @throws bad-range
 */
export function consistencyProof(leaves: readonly Hash[], from: number, to: number): Hash[] {
  if (!isCount(from) || !isCount(to) || from > to || to > leaves.length) {
    throw new CairnError('bad-range', `No proof from ${from} to ${to} of ${leaves.length} leaves`);
  }
  return from === 0 ? [] : subproof(leaves.slice(0, to), from, true);
}

function subproof(leaves: readonly Hash[], from: number, whole: boolean): Hash[] {
  if (from === leaves.length) return whole ? [] : [rootOf(leaves)];
  const split = leftSize(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return from <= split
    ? [...subproof(left, from, whole), rootOf(right)]
    : [...subproof(right, from - split, false), rootOf(left)];
}

/** Whether the proof shows that the first tree is a prefix of the second (§2.1.4.2). The empty tree is one of any. */
export function verifyConsistency(
  from: number,
  fromRoot: Hash,
  to: number,
  toRoot: Hash,
  proof: readonly Hash[],
): boolean {
  if (!isCount(from) || !isCount(to) || from > to) return false;
  if (from === to)
    return proof.length === 0 && equal(fromRoot, toRoot) && (from > 0 || equal(fromRoot, emptyRoot));
  if (from === 0) return proof.length === 0 && equal(fromRoot, emptyRoot);
  // The proof leaves out the root of the smaller tree where that is a subtree of the greater.
  const path = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let place = from - 1;
  let last = to - 1;
  while (place % 2 === 1) {
    place = (place - 1) / 2;
    last = Math.floor(last / 2);
  }
  let before = first;
  let after = first;
  for (const hash of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      before = nodeHash(hash, before);
      after = nodeHash(hash, after);
      while (place % 2 === 0 && place !== 0) {
        place /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      after = nodeHash(after, hash);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(before, fromRoot) && equal(after, toRoot);
}

function isPowerOfTwo(size: number): boolean {
  let rest = size;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Leaves as plain bytes, from the wire or a store. */
export const asLeaves = (hashes: readonly Bytes[]): Hash[] => hashes.map(asHash);
