import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { signerFromSeed } from '../../src/crypto/ed25519.ts';
import { asHash, type Bytes, concat, fromHex, spaceText, toHex, utf8 } from '../../src/format/bytes.ts';
import { type CborInput, decode, encode } from '../../src/format/cbor.ts';
import { signObject } from '../../src/format/signature.ts';
import { types } from '../../src/format/signed.ts';
import { makeToken, openToken } from '../../src/format/token.ts';
import { property } from '../property.ts';
import { fill, now, relay, samples } from './samples.ts';

const scope = async (more: object = {}) => ({ relay, space: (await samples()).space, now, ...more });
const unauthorized = { code: 'unauthorized' };

/** A token with these claims, signed by the sample's device. */
async function forge(claims: readonly (readonly [number, CborInput])[], tags = 'd83d'): Promise<Bytes> {
  const { keys } = await samples();
  return concat(fromHex(tags), await signObject(keys.device.signer, types.token, new Map(claims)));
}

async function goodClaims(): Promise<[number, CborInput][]> {
  const { space } = await samples();
  return [
    [3, `${relay}/${spaceText(space)}`],
    [4, now / 1000 + 300],
    [6, now / 1000],
  ];
}

test('TEST-9: the claims of RFC 8392 A.1 are encoded as there, and its signed CWT has our layout but for the header', async () => {
  const claims = new Map<number, CborInput>([
    [1, 'coap://as.example.com'],
    [2, 'erikw'],
    [3, 'coap://light.example.com'],
    [4, 1444064944],
    [5, 1443944944],
    [6, 1443944944],
    [7, fromHex('0b71')],
  ]);
  const encoded =
    'a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b71';
  expect(toHex(encode(claims))).toBe(encoded);
  expect(decode(fromHex(encoded))).toEqual(claims);
  // A.3: 18([<<{1: -7}>>, {4: 'AsymmetricECDSA256'}, <<claims>>, signature])
  const signature = fromHex(
    '5427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c57209120e1c9e30',
  );
  const parts = [
    encode(new Map([[1, -7]])),
    new Map([[4, utf8('AsymmetricECDSA256')]]),
    encode(claims),
    signature,
  ];
  const example = `d28443a10126a104524173796d6d657472696345434453413235365850${encoded}5840${toHex(signature)}`;
  expect(toHex(concat(fromHex('d2'), encode(parts)))).toBe(example);
  // It is ECDSA, and not for us.
  await expect(openToken(fromHex(`d83d${example}`), await scope())).rejects.toMatchObject(unauthorized);
});

test('RELAY-1: a token is a CWT for one relay and one space, of five minutes, signed by its key', async () => {
  const { keys } = await samples();
  const token = await makeToken(keys.device.signer, await scope());
  expect(token).toEqual(await forge(await goodClaims()));
  expect(await openToken(token, await scope())).toEqual({ key: keys.device.sign, expires: now + 300_000 });
});

test.each([
  ['another relay', { relay: 'https://other.example' }],
  ['a relay of which this one is a prefix', { relay: `${relay}.evil` }],
  ['another space', { space: asHash(fill(1)) }],
])('RELAY-1: a token for %s is refused', async (_, other) => {
  const { keys } = await samples();
  await expect(
    openToken(await makeToken(keys.device.signer, await scope(other)), await scope()),
  ).rejects.toMatchObject(unauthorized);
});

test('RELAY-2: a token is good up to its last millisecond and a minute before it was made; otherwise it comes back with the time', async () => {
  const { keys } = await samples();
  const token = await makeToken(keys.device.signer, await scope());
  for (const at of [now - 60_000, now, now + 299_999]) {
    await expect(openToken(token, await scope({ now: at }))).resolves.toMatchObject({
      key: keys.device.sign,
    });
  }
  for (const at of [now - 60_001, now + 300_000, now + 1e9]) {
    await expect(openToken(token, await scope({ now: at }))).rejects.toMatchObject({
      code: 'token-time',
      values: { now: at },
    });
  }
});

test.each<[string, (claims: [number, CborInput][]) => [number, CborInput][]]>([
  ['a life of 301 seconds', ([aud, , iat]) => [aud, [4, now / 1000 + 301], iat]],
  ['no life', ([aud, , iat]) => [aud, [4, now / 1000], iat]],
  ['a life that ends before it begins', ([aud, , iat]) => [aud, [4, now / 1000 - 1], iat]],
  ['no expiry', ([aud, , iat]) => [aud, iat]],
  ['no issue time', ([aud, exp]) => [aud, exp]],
  ['no audience', ([, exp, iat]) => [exp, iat]],
  ['an audience that is a list', ([[, aud], exp, iat]) => [[3, [aud]], exp, iat]],
  ['an expiry that is text', ([aud, , iat]) => [aud, [4, 'soon'], iat]],
  ['an expiry that is a float', ([aud, , iat]) => [aud, [4, now / 1000 + 0.5], iat]],
  ['a claim more', (claims) => [...claims, [7, fill(1, 4)]]],
])('RELAY-1: a token with %s is refused', async (_, change) => {
  await expect(openToken(await forge(change(await goodClaims())), await scope())).rejects.toMatchObject(
    unauthorized,
  );
});

test('RELAY-1: a token without its tags, too long, or not signed by its key is refused', async () => {
  const claims = await goodClaims();
  const good = await forge(claims);
  const broken = good.slice();
  broken[broken.length - 1] ^= 1;
  const { signer } = await signerFromSeed(fill(0x55));
  const head = await signObject(signer, types.head, new Map(claims));
  const wrong = [
    await forge(claims, ''),
    await forge(claims, 'd83c'),
    await forge(claims, 'd9003d'),
    broken,
    good.slice(0, -1),
    concat(good, Uint8Array.of(0)),
    concat(fromHex('d83d'), head),
    await forge([[3, 'x'.repeat(1100)], ...claims.slice(1)]),
    new Uint8Array(0),
  ];
  for (const bytes of wrong)
    await expect(openToken(bytes, await scope())).rejects.toMatchObject(unauthorized);
});

property('TEST-8: random bytes are no token', 10_000, fc.uint8Array({ maxLength: 200 }), async (random) => {
  for (const bytes of [new Uint8Array(random), concat(fromHex('d83dd284'), random)]) {
    await expect(openToken(bytes, await scope())).rejects.toMatchObject(unauthorized);
  }
});
