/**
 * Signed objects: COSE_Sign1 (RFC 9052 §4.2), tag 18, in one fixed form.
 *
 *   18([ << {1: -8, 4: kid, 16: typ} >>, {}, payload, signature ])
 *
 * with EdDSA (-8) over Ed25519, `kid` the public key itself, `typ` (RFC 9596) the kind of object, the payload a CBOR item
 * in a byte string. The signature is over ["Signature1", protected, h'', payload].
 *
 * 1. What is signed names its type and its key, and (by the payload of each kind) its space, so the same bytes are
 *    nothing else anywhere else (LOG-5).
 * 2. There is one encoding: any other header, order or length is `malformed`, another type `wrong-type`.
 *
 * Here the form is taken apart; `signature` signs and verifies. What was verified before it was kept is read again without
 * the code that verifies.
 */
import { signatureLength } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { asPublicKey, type Bytes, equal, type PublicKey, type SpaceId } from './bytes.ts';
import { type CborValue, decode, encode, Reader } from './cbor.ts';

export const types = {
  head: 'application/vnd.cairn.head',
  beacon: 'application/vnd.cairn.beacon',
  membership: 'application/vnd.cairn.membership',
  binding: 'application/vnd.cairn.binding',
  possession: 'application/vnd.cairn.possession',
  invitation: 'application/vnd.cairn.invitation',
  token: 'application/cwt',
} as const;
export type SignedType = (typeof types)[keyof typeof types];

/** A signed object taken apart; its signature is still to be verified. */
export interface Decoded {
  /** The key that it says signed it. */
  readonly kid: PublicKey;
  readonly payload: CborValue;
  /** What the signature is over. */
  readonly toBeSigned: Bytes;
  readonly signature: Bytes;
}

export const signTag = 0xd2;
const longestType = 64;

/** What is signed. */
export const sigStructure = (header: Bytes, payload: Bytes): Bytes =>
  encode(['Signature1', header, new Uint8Array(0), payload]);

/** Everything but the signature. @throws too-large, malformed, wrong-type */
export function decodeSigned(
  bytes: Uint8Array,
  type: SignedType,
  maxBytes: number = limits.signedObjectBytes,
): Decoded {
  if (bytes.length > maxBytes) {
    const values = { size: bytes.length, limit: maxBytes };
    throw new CairnError('too-large', `A signed object of ${bytes.length} bytes`, values);
  }
  if (bytes[0] !== signTag) throw new CairnError('malformed', 'No signed object: tag 18 is missing');
  const reader = new Reader(bytes, 1);
  reader.tuple(4);
  const header = reader.byteString();
  if (reader.map() !== 0) throw reader.fail('An unprotected header');
  const body = reader.byteString();
  const signature = reader.byteString();
  reader.finish();
  if (signature.length !== signatureLength) throw reader.fail(`A signature of ${signature.length} bytes`);
  const kid = readHeader(header, type);
  return { kid, payload: decode(body), toBeSigned: sigStructure(header, body), signature };
}

function readHeader(header: Bytes, type: SignedType): PublicKey {
  const reader = new Reader(header);
  if (reader.map() !== 3 || reader.uint() !== 1 || reader.value(0) !== -8) throw reader.fail('Not EdDSA');
  if (reader.uint() !== 4) throw reader.fail('No kid');
  const kid = asPublicKey(reader.byteString());
  if (reader.uint() !== 16) throw reader.fail('No typ');
  const found = reader.text(longestType);
  reader.finish();
  if (found !== type)
    throw new CairnError('wrong-type', `A ${found} where ${type} is due`, { found, due: type });
  return kid;
}

/** @throws wrong-space */
export function checkSpace(stated: Uint8Array, space: SpaceId): void {
  if (!equal(stated, space)) throw new CairnError('wrong-space', 'Signed for another space');
}
