/**
 * The one HPKE suite of Cairn, in a module of its own: it is large and needed only to create, invite and join, so
 * `hpke` loads it when first asked.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';

export function hpkeSuite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}
