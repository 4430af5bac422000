/**
 * The access token that a device, or the holder of an invitation, signs for itself: a CWT (RFC 8392), tag 61 around a
 * signed object of type `application/cwt` with the claims
 *
 *   {3: aud = relay's origin "/" space id as text, 4: exp, 6: iat}        seconds since the Unix epoch
 *
 * It lives five minutes at most and is good for one relay and one space (RELAY-1). The key is the signed object's `kid`;
 * what it may do is for the membership log to say.
 */
import type { Signer } from '../crypto/ed25519.ts';
import { CairnError, type ErrorCode } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, concat, type PublicKey, type SpaceId, spaceText } from './bytes.ts';
import type { CborValue } from './cbor.ts';
import { countOf } from './shape.ts';
import { checkSignature, signObject } from './signature.ts';
import { decodeSigned, types } from './signed.ts';

const cwtTag = Uint8Array.of(0xd8, 61);
const claim = { aud: 3, exp: 4, iat: 6 } as const;
/** How far ahead of the relay's clock a token may have been made: clocks are seldom right to the second. */
const aheadMs = 60_000;
/** Above any token that we make; below what would be worth sending as one. */
const longestToken = 1024;

export interface TokenScope {
  /** Origin of the relay. */
  readonly relay: string;
  readonly space: SpaceId;
  /** Milliseconds since the Unix epoch: the maker's clock, or the judge's. */
  readonly now: number;
  /** Asked before the signature is verified, with the key that the token claims. What it throws, `openToken` throws. */
  readonly admit?: (claimed: PublicKey) => Promise<void>;
}

const audience = ({ relay, space }: TokenScope): string => `${relay}/${spaceText(space)}`;

export async function makeToken(signer: Signer, scope: TokenScope): Promise<Bytes> {
  const iat = Math.floor(scope.now / 1000);
  const exp = iat + limits.tokenLifeMs / 1000;
  const claims = new Map<number, string | number>([
    [claim.aud, audience(scope)],
    [claim.exp, exp],
    [claim.iat, iat],
  ]);
  return concat(cwtTag, await signObject(signer, types.token, claims));
}

/**
 * @throws unauthorized for what is no token for this relay and space, signed by its key; token-time, with the judge's
 *   clock, for one that is but not at this time
 */
export async function openToken(
  bytes: Uint8Array,
  scope: TokenScope,
): Promise<{ key: PublicKey; expires: number }> {
  const { decoded, exp, iat } = readToken(bytes, scope);
  await scope.admit?.(decoded.kid);
  try {
    await checkSignature(decoded);
  } catch {
    throw refused('The signature does not hold');
  }
  if (scope.now >= exp * 1000 || scope.now < iat * 1000 - aheadMs) {
    throw refused('Not at this time', 'token-time', { now: scope.now });
  }
  return { key: decoded.kid, expires: exp * 1000 };
}

function readToken(bytes: Uint8Array, scope: TokenScope) {
  try {
    if (bytes.length > longestToken || bytes[0] !== cwtTag[0] || bytes[1] !== cwtTag[1])
      throw refused('No CWT');
    const decoded = decodeSigned(bytes.subarray(2), types.token);
    const { payload } = decoded;
    if (!(payload instanceof Map) || payload.size !== 3) throw refused('Not the claims of a token');
    const exp = secondsOf(payload.get(claim.exp));
    const iat = secondsOf(payload.get(claim.iat));
    if (payload.get(claim.aud) !== audience(scope)) throw refused('For another relay or space');
    if (exp <= iat || exp - iat > limits.tokenLifeMs / 1000) throw refused('Of a life that none has');
    return { decoded, exp, iat };
  } catch (thrown) {
    if (thrown instanceof CairnError) throw refused(thrown.message);
    throw thrown;
  }
}

const secondsOf = (value: CborValue | undefined): number => countOf(value ?? null, 0, 2 ** 40);

function refused(why: string, code: ErrorCode = 'unauthorized', values: { now?: number } = {}): CairnError {
  return new CairnError(code, `Token refused: ${why}`, values);
}
