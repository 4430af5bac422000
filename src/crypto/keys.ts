/**
 * One secret of 32 bytes gives a key to sign with and a key to be wrapped to. An identity, an invitation and a device
 * are each such a pair, so each can be carried, or told to a person, as one secret.
 */
import { CairnError } from '../errors.ts';
import type { Bytes, PublicKey, WrapKey } from './bytes.ts';
import { type Signer, type StoredSigner, signerFromSeed } from './ed25519.ts';
import { deriveFor } from './hkdf.ts';
import { type StoredWrapKey, wrapKeyFromSeed } from './hpke.ts';

export async function deriveKeySeeds(secret: Bytes): Promise<{ signSeed: Bytes; wrapSeed: Bytes }> {
  if (secret.length !== 32) throw new CairnError('malformed', 'A key pair is made from a secret of 32 bytes');
  const [signSeed, wrapSeed] = await Promise.all([
    deriveFor('cairn sign key', secret),
    deriveFor('cairn wrap key', secret),
  ]);
  return { signSeed, wrapSeed };
}

/** The public half of a pair: what membership entries name. */
export interface PublicPair {
  readonly sign: PublicKey;
  readonly wrap: WrapKey;
}

export interface KeyPair extends PublicPair {
  readonly signer: Signer;
  readonly stored: { readonly signer: StoredSigner; readonly wrap: StoredWrapKey };
}

export async function keyPairFromSecret(secret: Bytes): Promise<KeyPair> {
  const { signSeed, wrapSeed } = await deriveKeySeeds(secret);
  const [sign, wrap] = await Promise.all([signerFromSeed(signSeed), wrapKeyFromSeed(wrapSeed)]);
  signSeed.fill(0);
  wrapSeed.fill(0);
  return {
    sign: sign.signer.publicKey,
    wrap: wrap.publicKey,
    signer: sign.signer,
    stored: { signer: sign.stored, wrap: wrap.stored },
  };
}
