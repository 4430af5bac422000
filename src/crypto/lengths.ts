/**
 * How many bytes the values of the primitives have: apart from the primitives, so that whoever only reads and checks
 * what was kept loads none of them.
 */

/** Of AES-256-GCM. */
export const nonceLength = 12;
export const tagLength = 16;

/** Of Ed25519. */
export const signatureLength = 64;

/** What wrapping by HPKE adds: the encapsulated key and the tag. */
export const wrapOverhead: number = 32 + tagLength;
