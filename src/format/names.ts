/**
 * What people call themselves and their devices, sealed so that members read it and the relay does not.
 *
 *   names  = nonce ‖ AES-256-GCM(name key of an epoch, nonce, additional data = the device's signing key, plain)
 *   plain  = [member name, device name]
 */
import { open, seal } from '../crypto/aead.ts';
import { nonceLength, tagLength } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import { longestName } from '../limits.ts';
import { type Bytes, concat, type PublicKey, utf8 } from './bytes.ts';
import { decode, encode } from './cbor.ts';
import { textOf, tupleOf } from './shape.ts';

export interface Names {
  readonly member: string;
  readonly device: string;
}

export { longestName };
/** A sealed pair of names: two texts of at most 128 bytes with a head of two each, and the array's. */
export const sealedNamesMost: number = nonceLength + 1 + 2 * (2 + longestName) + tagLength;
export const sealedNamesLeast: number = nonceLength + 1 + 2 + tagLength;

/** Of names that a person gave, before anything rests on them. @throws value-invalid for one over 128 bytes */
export function checkNames(names: Names): void {
  for (const [of, name] of Object.entries(names)) {
    const { length } = utf8(name);
    if (length > longestName)
      throw new CairnError('value-invalid', `The name is too long`, { of, bytes: length });
  }
}

/** @throws malformed for a name over 128 bytes */
export async function sealNames(
  key: CryptoKey,
  device: PublicKey,
  names: Names,
  nonce: Bytes,
): Promise<Bytes> {
  const plain = encode([textOf(names.member, 0, longestName), textOf(names.device, 0, longestName)]);
  return concat(nonce, await seal(key, nonce, device, plain));
}

/** @throws cannot-open, malformed */
export async function openNames(key: CryptoKey, device: PublicKey, sealed: Bytes): Promise<Names> {
  const plain = await open(key, sealed.slice(0, nonceLength), device, sealed.slice(nonceLength));
  const [memberName, deviceName] = tupleOf(decode(plain), 2);
  return { member: textOf(memberName, 0, longestName), device: textOf(deviceName, 0, longestName) };
}
