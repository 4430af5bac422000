import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Bytes, fromBase64Url, toBase64Url } from '../../src/format/bytes.ts';
import { type CborInput, type CborValue, decode, encode } from '../../src/format/cbor.ts';
import {
  checkInvitationTime,
  fragmentPrefix,
  makeInvitationLink,
  openInvitation,
  relayOf,
} from '../../src/format/invitation.ts';
import { signObject } from '../../src/format/signature.ts';
import { decodeSigned, types } from '../../src/format/signed.ts';
import { limits } from '../../src/limits.ts';
import { property } from '../property.ts';
import { appUrl, day, fill, now, relay, samples, secrets } from './samples.ts';

const code = (expected: string) => ({ code: expected });
const invalid = code('invitation-invalid');

const partsOf = (link: string): CborValue[] => [
  ...(decode(fromBase64Url(link.slice(appUrl.length + fragmentPrefix.length))) as readonly CborValue[]),
];
const linkOf = (parts: readonly CborInput[]): string => appUrl + fragmentPrefix + toBase64Url(encode(parts));

/** The sample with fields of its signed part replaced or left out, signed again by the issuer. */
async function altered(change: Record<string, CborInput | undefined>): Promise<string> {
  const { link, keys } = await samples();
  const parts: CborInput[] = partsOf(link);
  const { payload } = decodeSigned(parts[3] as Bytes, types.invitation);
  const fields = new Map<string, CborInput>(payload as ReadonlyMap<string, CborValue>);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) fields.delete(name);
    else fields.set(name, value);
  }
  return linkOf(parts.with(3, await signObject(keys.device.signer, types.invitation, fields)));
}

test('JOIN-3: space and relay come from the invitation itself, with role, expiry, uses, floor and issuer', async () => {
  const { link, space, keys, memberRoots } = await samples();
  const expected = {
    relay,
    space,
    role: 'writer',
    expires: now + 7 * day,
    uses: 1,
    floor: { size: 2, root: memberRoots[1] },
    issuer: keys.device.sign,
    key: keys.invitation.sign,
    secret: secrets.invitation,
  };
  expect(await openInvitation(link)).toEqual(expected);
  // A link, its fragment, and the fragment without the prefix are all one invitation.
  const fragment = link.slice(appUrl.length);
  expect(await openInvitation(fragment)).toEqual(expected);
  expect(await openInvitation(fragment.slice(1))).toEqual(expected);
  expect(await openInvitation(fragment.slice(fragmentPrefix.length))).toEqual(expected);
});

test('KEY-12: everything of the invitation is in the fragment, which browsers send to no server', async () => {
  const { link } = await samples();
  expect(new URL(link).hash).toBe(link.slice(appUrl.length));
  expect(link.startsWith(`${appUrl}#join=`)).toBe(true);
});

test('JOIN-3: an invitation of a later version says so, whatever follows the version', async () => {
  const { link } = await samples();
  for (const parts of [[2], [2, 'x', null], partsOf(link).with(0, 2)]) {
    await expect(openInvitation(linkOf(parts))).rejects.toMatchObject(code('newer-format'));
  }
});

test.each<[string, Record<string, CborInput | undefined>]>([
  ['another space', { space: fill(1) }],
  ['another key', { key: fill(1) }],
  ['an unknown role', { role: 'guest' }],
  ['no role', { role: undefined }],
  ['expiry 0', { expires: 0 }],
  ['an expiry that is no integer', { expires: 1.5 }],
  ['an expiry beyond 42 bits', { expires: 2 ** 42 }],
  ['no uses', { uses: 0 }],
  ['a use more than the most', { uses: limits.invitationUses + 1 }],
  ['a floor that does not hold the invitation itself', { floor: [1, fill(1)] }],
  ['a floor without root', { floor: [2] }],
  ['no floor', { floor: undefined }],
  ['another relay', { relay: 'https://other.example' }],
  ['a field more', { extra: 1 }],
])('JOIN-1: an invitation signed with %s is refused when opened', async (_, change) => {
  await expect(openInvitation(await altered(change))).rejects.toMatchObject(invalid);
});

test.each<[string, number, CborInput]>([
  ['version 0', 0, 0],
  ['a version that is text', 0, '1'],
  ['a relay with a path', 1, `${relay}/x`],
  ['a relay without a scheme', 1, 'relay.example'],
  ['a relay of another scheme', 1, 'ftp://relay.example'],
  ['a script for a relay', 1, 'javascript:alert(1)'],
  ['an empty relay', 1, ''],
  ['a space of 31 bytes', 2, fill(1, 31)],
  ['nothing signed', 3, new Uint8Array(0)],
  ['a secret of 31 bytes', 4, fill(1, 31)],
  ['another secret', 4, fill(0x34)],
])('JOIN-1: an invitation with %s is refused when opened', async (_, index, value) => {
  const { link } = await samples();
  await expect(
    openInvitation(linkOf((partsOf(link) as CborInput[]).with(index, value))),
  ).rejects.toMatchObject(invalid);
});

test('JOIN-1: a link that is cut, extended, not base64url or not there is refused', async () => {
  const { link } = await samples();
  const parts = partsOf(link);
  const wrong = [
    '',
    appUrl,
    appUrl + fragmentPrefix,
    `${appUrl}#other=abc`,
    link.slice(0, -1),
    link.slice(0, -4),
    `${link}A`,
    `${link}=`,
    `${link} `,
    `${link}AAAA`,
    linkOf(parts.slice(0, 4)),
    linkOf([...parts, 0]),
    `${appUrl}${fragmentPrefix}${'A'.repeat(10_000)}`,
  ];
  for (const one of wrong) {
    expect([
      one,
      await openInvitation(one).then(
        () => 'opened',
        (thrown: { code: string }) => thrown.code,
      ),
    ]).toEqual([one, 'invitation-invalid']);
  }
});

test('JOIN-1: an invitation whose issuer did not sign it is refused', async () => {
  const { link } = await samples();
  const parts = partsOf(link);
  const signed = (parts[3] as Bytes).slice();
  signed[signed.length - 1] ^= 1;
  await expect(openInvitation(linkOf(parts.with(3, signed)))).rejects.toMatchObject({
    ...invalid,
    values: { reason: 'bad-signature' },
  });
});

test('JOIN-2: at exactly its expiry an invitation is good, a millisecond later it is not, and none lasts over 30 days', () => {
  const invitation = { expires: now };
  expect(() => checkInvitationTime(invitation, now)).not.toThrow();
  expect(() => checkInvitationTime(invitation, now - limits.invitationLifeMs)).not.toThrow();
  expect(() => checkInvitationTime(invitation, now + 1)).toThrow(
    expect.objectContaining(code('invitation-expired')),
  );
  const tooEarly = now - limits.invitationLifeMs - limits.clockAheadMs - 1;
  expect(() => checkInvitationTime(invitation, tooEarly + 1)).not.toThrow();
  expect(() => checkInvitationTime(invitation, tooEarly)).toThrow(expect.objectContaining(invalid));
});

test.each(['https://relay.example', 'http://localhost:8080', 'http://192.168.1.2:3000', 'https://[::1]:1'])(
  '%s names a relay',
  (origin) => {
    expect(relayOf(origin)).toBe(origin);
  },
);

test('JOIN-3: a link says the role, uses and relay that it was made with', async () => {
  const { space, keys, memberRoots } = await samples();
  const good = {
    relay,
    space,
    role: 'reader' as const,
    expires: now,
    uses: 3,
    floor: { size: 2, root: memberRoots[1] },
    secret: secrets.invitation,
    signer: keys.device.signer,
    appUrl,
  };
  expect(await openInvitation(await makeInvitationLink(good))).toMatchObject({ role: 'reader', uses: 3 });
  const local = await makeInvitationLink({ ...good, relay: 'http://127.0.0.1:8787' });
  expect((await openInvitation(local)).relay).toBe('http://127.0.0.1:8787');
});

property(
  'TEST-8: random text and random bytes are no invitation',
  10_000,
  fc.string({ maxLength: 80 }),
  fc.uint8Array({ maxLength: 80 }),
  async (text, bytes) => {
    const likely = toBase64Url(new Uint8Array([0x85, 1, ...bytes]));
    for (const one of [text, toBase64Url(bytes), likely, `${fragmentPrefix}${likely}`]) {
      await expect(openInvitation(one)).rejects.toMatchObject({
        code: expect.stringMatching(/^(invitation-invalid|newer-format)$/),
      });
    }
  },
);
