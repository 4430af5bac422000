import { asHash, fromHex, type Hash } from './bytes.ts';

/** The roots of the perfect subtrees of a log prefix, left to right (`merkle`): all that appending needs. An immutable value. */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Hash[];
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** The root of the empty tree, SHA-256 of nothing (RFC 9162 §2.1): written out, for those who never hash. */
export const emptyRoot: Hash = asHash(
  fromHex('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
);
