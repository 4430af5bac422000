import { describe, expect, test } from 'vitest';
import { CairnError, readInvitation } from '../../src/client/index.ts';
import { signerFromSeed } from '../../src/crypto/ed25519.ts';
import { asHash, toBase64Url } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import { makeInvitationLink } from '../../src/format/invitation.ts';
import { limits } from '../../src/limits.ts';
import { rejection } from './waiting.ts';

const space = asHash(new Uint8Array(32).fill(7));

async function link(expires: number): Promise<string> {
  const { signer } = await signerFromSeed(new Uint8Array(32).fill(1));
  return makeInvitationLink({
    relay: 'https://relay.example',
    space,
    role: 'reader',
    expires,
    uses: 3,
    floor: { size: 2, root: asHash(new Uint8Array(32).fill(9)) },
    secret: new Uint8Array(32).fill(5),
    signer,
    appUrl: 'https://app.example/lists/',
  });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await rejection(promise);
  if (!(thrown instanceof CairnError)) throw thrown;
  return thrown.code;
}

describe('reading an invitation', () => {
  test('JOIN-1: a link shows what it says and nothing that is secret', async () => {
    const expires = Date.now() + 60_000;
    expect(await readInvitation(await link(expires))).toEqual({
      space: toBase64Url(space),
      relay: 'https://relay.example',
      role: 'reader',
      expires,
      uses: 3,
    });
  });

  test('JOIN-1: a changed character, a missing part and a page without an invitation are invalid', async () => {
    const good = await link(Date.now() + 60_000);
    const flipped = good.slice(0, -9) + (good.at(-9) === 'A' ? 'B' : 'A') + good.slice(-8);
    for (const bad of [flipped, good.slice(0, -4), 'https://app.example/', '', '#join=']) {
      expect(await codeOf(readInvitation(bad))).toBe('invitation-invalid');
    }
  });

  test('JOIN-2: an expired link fails at once, and one that lasts longer than any may is invalid', async () => {
    expect(await codeOf(readInvitation(await link(Date.now() - 1)))).toBe('invitation-expired');
    const tooLong = Date.now() + limits.invitationLifeMs + limits.clockAheadMs + 60_000;
    expect(await codeOf(readInvitation(await link(tooLong)))).toBe('invitation-invalid');
  });

  test('JOIN-3: a link of a newer version asks for an update, whatever else is in it', async () => {
    const newer = `https://app.example/#join=${toBase64Url(encode([2, 'something', 'else']))}`;
    expect(await codeOf(readInvitation(newer))).toBe('newer-format');
  });
});
