/**
 * An invitation as it travels: the fragment of a link, which browsers send to no server.
 *
 *   link     = app's address "#join=" base64url(fragment)
 *   fragment = [version = 1, relay, space id, signed, secret]
 *   signed   = by the issuing device: {"space", "key": sign key of the secret, "role", "expires": ms, "uses",
 *              "floor": [size, root], "relay"}
 *
 * The secret of 32 bytes is the seed of the invitation's keys: it proves possession and opens the epoch key. The floor is
 * the membership log that the issuer had, the entry `invite` included: a relay that shows less is not believed.
 *
 * 1. The version is judged first: one above ours is `newer-format`, whatever follows it (JOIN-3).
 * 2. Whatever can be judged from the link alone is: signature, key against secret, every range. The issuer's right is
 *    judged on the log. Everything wrong is `invitation-invalid`.
 */
import { type Signer, signerFromSeed } from '../crypto/ed25519.ts';
import { deriveKeySeeds } from '../crypto/keys.ts';
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type Bytes, equal, fromBase64Url, type PublicKey, type SpaceId, toBase64Url } from './bytes.ts';
import { decode, encode, Reader } from './cbor.ts';
import { type LogPoint, pointInput, pointOf } from './head.ts';
import { type Role, roleOf } from './role.ts';
import { bytesOf, countOf, fieldsOf, hashOf, mapOf, publicKeyOf, textOf, tupleOf } from './shape.ts';
import { openSigned, signObject } from './signature.ts';
import { checkSpace, types } from './signed.ts';
import { maxStampMs } from './stamp.ts';

export interface Invitation {
  /** Origin of the relay. */
  readonly relay: string;
  readonly space: SpaceId;
  readonly role: Role;
  /** Milliseconds since the Unix epoch; at that moment it is still good. */
  readonly expires: number;
  readonly uses: number;
  /** The least membership log that a relay must show. */
  readonly floor: LogPoint;
  /** The device that issued it. */
  readonly issuer: PublicKey;
  /** What `invite` names: the sign key of the secret. */
  readonly key: PublicKey;
  readonly secret: Bytes;
}

export const invitationVersion = 1;
export const fragmentPrefix = '#join=';
/** Far above the longest that fits our limits, and small enough to decode without a thought. */
const longestFragment = 4096;
const longestRelay = 256;

export type InvitationParts = Pick<
  Invitation,
  'relay' | 'space' | 'role' | 'expires' | 'uses' | 'floor' | 'secret'
> & {
  /** The issuing device. */
  readonly signer: Signer;
  /** Where the app is, without a fragment. */
  readonly appUrl: string;
};

/** The link of an invitation whose `invite` is in the log at or below `floor`. */
export async function makeInvitationLink(parts: InvitationParts): Promise<string> {
  const { relay, space, role, expires, uses, floor, secret, signer, appUrl } = parts;
  const { signSeed } = await deriveKeySeeds(secret);
  const key = (await signerFromSeed(signSeed)).signer.publicKey;
  const payload = mapOf({ space, key, role, expires, uses, floor: pointInput(floor), relay });
  const signed = await signObject(signer, types.invitation, payload);
  return appUrl + fragmentPrefix + toBase64Url(encode([invitationVersion, relay, space, signed, secret]));
}

/**
 * Opens a link, or its fragment with or without the prefix, as far as it goes by itself. Its time is judged by
 * `checkInvitationTime`.
 * @throws newer-format, invitation-invalid
 */
export async function openInvitation(link: string): Promise<Invitation> {
  try {
    return await readInvitation(link.slice(link.indexOf(fragmentPrefix) + 1).replace(/^join=/, ''));
  } catch (thrown) {
    if (!(thrown instanceof CairnError) || thrown.code === 'newer-format') throw thrown;
    throw new CairnError('invitation-invalid', thrown.message, { reason: thrown.code });
  }
}

async function readInvitation(fragment: string): Promise<Invitation> {
  if (fragment.length > longestFragment) throw new CairnError('too-large', 'Too long for an invitation');
  const bytes = fromBase64Url(fragment);
  checkVersion(bytes);
  const [, relayValue, spaceValue, signedValue, secretValue] = tupleOf(decode(bytes), 5);
  const relay = relayOf(textOf(relayValue, 1, longestRelay));
  const space = hashOf(spaceValue);
  const secret = bytesOf(secretValue, 32, 32);
  const signed = await openSigned(bytesOf(signedValue), types.invitation);
  const stated = fieldsOf(signed.payload, 'space', 'key', 'role', 'expires', 'uses', 'floor', 'relay');
  checkSpace(hashOf(stated.space), space);
  const key = publicKeyOf(stated.key);
  const { signSeed } = await deriveKeySeeds(secret);
  if (!equal(key, (await signerFromSeed(signSeed)).signer.publicKey)) {
    throw new CairnError('malformed', 'The secret is not that of the invitation');
  }
  if (stated.relay !== relay) throw new CairnError('malformed', 'Signed for another relay');
  return {
    relay,
    space,
    role: roleOf(stated.role),
    expires: countOf(stated.expires, 1, maxStampMs),
    uses: countOf(stated.uses, 1, limits.invitationUses),
    floor: pointOf(stated.floor, 2),
    issuer: signed.kid,
    key,
    secret,
  };
}

function checkVersion(bytes: Bytes): void {
  const reader = new Reader(bytes);
  reader.array();
  const version = reader.uint();
  if (version > invitationVersion) {
    const values = { version, ours: invitationVersion };
    throw new CairnError('newer-format', `An invitation of version ${version}`, values);
  }
  if (version !== invitationVersion) throw reader.fail('An invitation of no version');
}

/** @throws malformed unless it is exactly the origin of a web address */
export function relayOf(text: string): string {
  let url: URL | null = null;
  try {
    url = new URL(text);
  } catch {
    // no address at all
  }
  if (url?.origin !== text || !/^https?:$/.test(url.protocol)) {
    throw new CairnError('malformed', 'A relay is named by its origin');
  }
  return text;
}

/**
 * Judges an invitation's time by the clock of whoever opens it, to spare them a join that the log would refuse.
 * @throws invitation-expired after its last moment; invitation-invalid if it lasts longer than any may
 */
export function checkInvitationTime({ expires }: Pick<Invitation, 'expires'>, now: number): void {
  if (now > expires) throw new CairnError('invitation-expired', 'The invitation has expired', { expires });
  if (expires - now > limits.invitationLifeMs + limits.clockAheadMs) {
    throw new CairnError('invitation-invalid', 'The invitation lasts longer than any may', { expires });
  }
}
