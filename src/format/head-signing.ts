/** Heads on their way: signed by their author, verified by everyone else. */
import type { Signer } from '../crypto/ed25519.ts';
import type { Bytes, PublicKey, SpaceId } from './bytes.ts';
import { type Head, pointInput, readHead } from './head.ts';
import { mapOf } from './shape.ts';
import { checkSignature, signObject } from './signature.ts';
import { checkSpace, decodeSigned, types } from './signed.ts';

export function signHead(signer: Signer, head: Head): Promise<Bytes> {
  const { space, log, size, root, members } = head;
  return signObject(signer, types.head, mapOf({ space, log, size, root, members: pointInput(members) }));
}

/** @throws too-large, malformed, wrong-type, wrong-space, bad-signature */
export async function openHead(bytes: Uint8Array, space: SpaceId): Promise<{ head: Head; key: PublicKey }> {
  const decoded = decodeSigned(bytes, types.head);
  const head = readHead(decoded);
  checkSpace(head.space, space);
  await checkSignature(decoded);
  return { head, key: decoded.kid };
}
