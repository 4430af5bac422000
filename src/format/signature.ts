/** Signs objects in the form of `signed`, and verifies them. */
import { type Signer, verify } from '../crypto/ed25519.ts';
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Bytes } from './bytes.ts';
import { type CborInput, encode, Writer } from './cbor.ts';
import { type Decoded, decodeSigned, type SignedType, signTag, sigStructure } from './signed.ts';

export async function signObject(signer: Signer, type: SignedType, payload: CborInput): Promise<Bytes> {
  const header = protectedHeader(signer.publicKey, type);
  const body = encode(payload);
  const signature = await signer.sign(sigStructure(header, body));
  const writer = new Writer(header.length + body.length + 96);
  writer.raw(Uint8Array.of(signTag));
  writer.array(4);
  writer.bytes(header);
  writer.map(0);
  writer.bytes(body);
  writer.bytes(signature);
  return writer.finish();
}

function protectedHeader(kid: Uint8Array, type: SignedType): Bytes {
  const header: [number, CborInput][] = [
    [1, -8],
    [4, kid],
    [16, type],
  ];
  return encode(new Map(header));
}

/** @throws bad-signature unless the key it names signed it */
export async function checkSignature(decoded: Decoded): Promise<void> {
  if (!(await verify(decoded.kid, decoded.toBeSigned, decoded.signature))) {
    throw new CairnError('bad-signature', 'The signature does not hold');
  }
}

/** @throws too-large, malformed, wrong-type, bad-signature */
export async function openSigned(
  bytes: Uint8Array,
  type: SignedType,
  maxBytes: number = limits.signedObjectBytes,
): Promise<Decoded> {
  const decoded = decodeSigned(bytes, type, maxBytes);
  await checkSignature(decoded);
  return decoded;
}
