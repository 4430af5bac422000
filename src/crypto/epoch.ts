/**
 * What follows from the 32 bytes of an epoch key (DESIGN §6): a commitment that the log states in public, and one key
 * for each purpose. All are HKDF-SHA256 of the epoch key and differ in `info`:
 *
 *   commitment      "cairn epoch commitment"
 *   name key        "cairn name key"  ‖ 0 ‖ epoch
 *   entry key       "cairn entry key" ‖ 0 ‖ epoch ‖ space id
 *   page, blob key  likewise
 *
 * where epoch is 8 bytes, big-endian. The name key names no space because `create`, whose hash is the space id, is
 * already sealed under it.
 *
 * 1. Keys of different purposes, epochs or spaces differ, so none opens what another sealed (KEY-8).
 * 2. The commitment gives nothing away and fits no other key (KEY-2).
 */
import { importAeadKey } from './aead.ts';
import { type Bytes, concat, equal, type Hash, utf8 } from './bytes.ts';
import { deriveFor, hkdf } from './hkdf.ts';

export interface EpochKeys {
  readonly entry: CryptoKey;
  readonly page: CryptoKey;
  readonly blob: CryptoKey;
  readonly name: CryptoKey;
}

type Purpose = keyof EpochKeys;

export function epochCommitment(epochKey: Bytes): Promise<Bytes> {
  return deriveFor('cairn epoch commitment', epochKey);
}

/** Whether the key is the one that the log committed to. */
export async function fitsCommitment(epochKey: Bytes, commitment: Bytes): Promise<boolean> {
  return epochKey.length === 32 && equal(await epochCommitment(epochKey), commitment);
}

export async function deriveEpochKeys(epochKey: Bytes, space: Hash, epoch: number): Promise<EpochKeys> {
  const [entry, page, blob, name] = await Promise.all([
    derive(epochKey, 'entry', epoch, space),
    derive(epochKey, 'page', epoch, space),
    derive(epochKey, 'blob', epoch, space),
    deriveNameKey(epochKey, epoch),
  ]);
  return { entry, page, blob, name };
}

export function deriveNameKey(epochKey: Bytes, epoch: number): Promise<CryptoKey> {
  return derive(epochKey, 'name', epoch, new Uint8Array(0));
}

async function derive(epochKey: Bytes, purpose: Purpose, epoch: number, space: Bytes): Promise<CryptoKey> {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(epoch));
  const info = concat(utf8(`cairn ${purpose} key\0`), number, space);
  return importAeadKey(await hkdf(epochKey, info, 32));
}
