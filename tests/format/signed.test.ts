import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { signerFromSeed, verify } from '../../src/crypto/ed25519.ts';
import { type Bytes, concat, fromHex, toHex, utf8 } from '../../src/format/bytes.ts';
import { decode, Encoded, encode } from '../../src/format/cbor.ts';
import { openSigned, signObject } from '../../src/format/signature.ts';
import { decodeSigned, type SignedType, types } from '../../src/format/signed.ts';
import { property } from '../property.ts';
import { anyValue } from './arbitrary.ts';
import { expectSame } from './same.ts';
import { fill } from './samples.ts';

const code = (expected: string) => ({ code: expected });
const made = signerFromSeed(fill(0x21));

/** A COSE_Sign1 as anybody might make one: every part can be wrong. */
async function forge(parts: {
  readonly tag?: string;
  readonly header?: (kid: Bytes) => Bytes;
  readonly unprotected?: string;
  readonly payload?: Bytes;
  readonly signature?: (signature: Bytes) => Bytes;
  readonly context?: string;
}): Promise<Bytes> {
  const { signer } = await made;
  const plain = (kid: Bytes): Bytes => headerOf([1, -8], [4, kid], [16, types.head]);
  const header = (parts.header ?? plain)(signer.publicKey);
  const payload = parts.payload ?? encode(null);
  const signature = await signer.sign(encode([parts.context ?? 'Signature1', header, fill(0, 0), payload]));
  return concat(
    fromHex(parts.tag ?? 'd2'),
    fromHex('84'),
    encode(header),
    fromHex(parts.unprotected ?? 'a0'),
    encode(payload),
    encode((parts.signature ?? ((same) => same))(signature)),
  );
}

const headerOf = (...pairs: [number, number | string | Bytes][]): Bytes => encode(new Map(pairs));

test('TEST-9: the COSE working group’s EdDSA example: its Sig_structure, signature and layout are ours', async () => {
  // cose-wg/Examples, eddsa-sig-01: the key of RFC 8032 TEST 1, protected {1: -8, 3: 0}, unprotected {4: '11'}.
  const example = fromHex(
    'd28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d',
  );
  const header = fromHex('a201270300');
  const content = utf8('This is the content.');
  const { signer } = await signerFromSeed(
    fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
  );
  const toBeSigned = encode(['Signature1', header, new Uint8Array(0), content]);
  expect(toHex(toBeSigned)).toBe(`846a5369676e61747572653145a2012703004054${toHex(content)}`);
  const signature = await signer.sign(toBeSigned);
  expect(example).toEqual(
    concat(fromHex('d2'), encode([header, new Map([[4, utf8('11')]]), content, signature])),
  );
  expect(await verify(signer.publicKey, toBeSigned, signature)).toBe(true);
  // Our profile is narrower: it wants `kid` and `typ` protected, and nothing unprotected.
  expect(() => decodeSigned(example, types.head)).toThrow(expect.objectContaining(code('malformed')));
});

test('LOG-5: an object is tag 18 around one fixed form, with the type and the key in the signed bytes', async () => {
  const { signer } = await made;
  const bytes = await signObject(signer, types.beacon, ['x']);
  const header = headerOf([1, -8], [4, signer.publicKey], [16, types.beacon]);
  const payload = encode(['x']);
  const signature = await signer.sign(encode(['Signature1', header, new Uint8Array(0), payload]));
  expect(bytes).toEqual(concat(fromHex('d2'), encode([header, new Map(), payload, signature])));
  expect(await openSigned(bytes, types.beacon)).toMatchObject({ kid: signer.publicKey, payload: ['x'] });
  expect(await forge({})).toEqual(await signObject(signer, types.head, null));
});

test.each(Object.values(types))('LOG-5: signed as %s it is nothing else', async (type) => {
  const { signer } = await made;
  const bytes = await signObject(signer, type, null);
  for (const other of Object.values(types) as SignedType[]) {
    const opening = openSigned(bytes, other);
    if (other === type) await expect(opening).resolves.toBeDefined();
    else await expect(opening).rejects.toMatchObject(code('wrong-type'));
  }
});

test.each([
  ['no tag', { tag: '' }],
  ['tag 98', { tag: 'd862' }],
  ['tag 18 in a longer form', { tag: 'd812' }],
  ['tag 18 twice', { tag: 'd2d2' }],
  ['an unprotected header', { unprotected: 'a10100' }],
  ['an unprotected header that is no map', { unprotected: '80' }],
  ['an unprotected header in a longer form', { unprotected: 'b800' }],
  ['another algorithm', { header: (kid: Bytes) => headerOf([1, -7], [4, kid], [16, types.head]) }],
  ['no algorithm', { header: (kid: Bytes) => headerOf([4, kid], [16, types.head]) }],
  ['no kid', { header: () => headerOf([1, -8], [16, types.head]) }],
  ['a kid of 31 bytes', { header: (kid: Bytes) => headerOf([1, -8], [4, kid.slice(1)], [16, types.head]) }],
  ['no typ', { header: (kid: Bytes) => headerOf([1, -8], [4, kid]) }],
  ['a typ that is a number', { header: (kid: Bytes) => headerOf([1, -8], [4, kid], [16, 0]) }],
  ['one header more', { header: (kid: Bytes) => headerOf([1, -8], [3, 0], [4, kid], [16, types.head]) }],
  ['crit', { header: (kid: Bytes) => headerOf([1, -8], [2, fill(0, 1)], [4, kid], [16, types.head]) }],
  ['no header', { header: () => new Uint8Array(0) }],
  ['a payload that is no CBOR', { payload: fromHex('1c') }],
  ['a payload with bytes after it', { payload: fromHex('f6f6') }],
  ['an empty payload', { payload: new Uint8Array(0) }],
  ['a payload in a longer form', { payload: fromHex('1800') }],
  ['no signature', { signature: () => new Uint8Array(0) }],
  ['a short signature', { signature: (same: Bytes) => same.slice(1) }],
  ['a long signature', { signature: (same: Bytes) => concat(same, fill(0, 1)) }],
] as const)('LOG-6: %s is malformed, whoever signed it', async (_, parts) => {
  await expect(openSigned(await forge(parts), types.head)).rejects.toMatchObject(code('malformed'));
});

test.each([
  ['all zero', () => fill(0, 64)],
  ['of another object', (same: Bytes) => same.toReversed()],
  ['with S unreduced', (same: Bytes) => concat(same.slice(0, 32), fill(0xff))],
])('LOG-6: a signature %s is refused', async (_, signature) => {
  await expect(openSigned(await forge({ signature }), types.head)).rejects.toMatchObject(
    code('bad-signature'),
  );
});

test('LOG-6: a signature over another context is refused', async () => {
  const bytes = await forge({ context: 'Signature' });
  await expect(openSigned(bytes, types.head)).rejects.toMatchObject(code('bad-signature'));
});

test('LOG-6: an improper key signs nothing, though the equation holds for it', async () => {
  const identity = fromHex(`01${'00'.repeat(31)}`);
  const header = headerOf([1, -8], [4, identity], [16, types.head]);
  const zero = concat(identity, fill(0)); // R the neutral point, S = 0: true for every message under this key
  const bytes = concat(fromHex('d2'), encode([header, new Map(), encode(null), zero]));
  await expect(openSigned(bytes, types.head)).rejects.toMatchObject(code('bad-signature'));
});

test('TEST-8: one byte over the limit is refused unread, at the limit it is read', async () => {
  const { signer } = await made;
  const bytes = await signObject(signer, types.head, fill(1, 100));
  await expect(openSigned(bytes, types.head, bytes.length)).resolves.toBeDefined();
  await expect(openSigned(bytes, types.head, bytes.length - 1)).rejects.toMatchObject(code('too-large'));
});

property('LOG-1: any payload comes back as it was signed', 10_000, anyValue, (value) => {
  // Signing itself is tested elsewhere; ten thousand signatures prove nothing more.
  const header = headerOf([1, -8], [4, fill(1)], [16, types.head]);
  const bytes = concat(fromHex('d2'), encode([header, new Map(), encode([value]), fill(2, 64)]));
  const decoded = decodeSigned(bytes, types.head);
  expectSame(decoded.payload, [value]);
  expectSame(decode(decoded.toBeSigned), ['Signature1', header, fill(0, 0), encode([value])]);
  expectSame(encode(new Encoded(encode(value))), encode(value));
});

property('LOG-1: random bytes are no signed object', 10_000, fc.uint8Array({ maxLength: 300 }), (random) => {
  for (const bytes of [new Uint8Array(random), concat(fromHex('d284'), random)]) {
    expect(() => decodeSigned(bytes, types.head)).toThrow(expect.objectContaining({ name: 'CairnError' }));
  }
});
