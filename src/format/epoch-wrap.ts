/**
 * An epoch key on its way to one recipient: HPKE to the recipient's wrap key, with
 *
 *   info = ["cairn epoch key", epoch, commitment]
 *
 * so a wrapped key is good for the epoch that the log committed to and for no other. What does not match the commitment
 * is never given out (KEY-2).
 */
import { epochCommitment, fitsCommitment } from '../crypto/epoch.ts';
import { type StoredWrapKey, unwrap, wrap } from '../crypto/hpke.ts';
import { CairnError } from '../errors.ts';
import type { Bytes, WrapKey } from './bytes.ts';
import { encode } from './cbor.ts';

const info = (epoch: number, commitment: Bytes): Bytes => encode(['cairn epoch key', epoch, commitment]);

export async function wrapEpochKey(
  recipient: WrapKey,
  epochKey: Bytes,
  epoch: number,
  randomBytes: (length: number) => Bytes,
): Promise<Bytes> {
  const ephemeral = randomBytes(32); // drawn before anything is awaited, so that one seed gives one run
  return wrap(recipient, info(epoch, await epochCommitment(epochKey)), epochKey, ephemeral);
}

/** @throws cannot-open, also for a key that is not the one committed to */
export async function unwrapEpochKey(
  stored: StoredWrapKey,
  wrapped: Bytes,
  epoch: number,
  commitment: Bytes,
): Promise<Bytes> {
  const key = await unwrap(stored, info(epoch, commitment), wrapped);
  if (!(await fitsCommitment(key, commitment))) {
    throw new CairnError('cannot-open', `Not the key that epoch ${epoch} committed to`, { epoch });
  }
  return key;
}
