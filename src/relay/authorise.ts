/**
 * Who asks, and may they: the access token says by which key, the membership log what that key is (RELAY-1, RELAY-3).
 *
 *   a member's current device      everything; what it may append depends on its role (routes/entries, routes/members)
 *   an invitation's key            the membership log, and one entry: the `join` that answers it
 *   the founder of a new space     to bring its first entry
 *   anyone else                    nothing
 *
 * A token names the relay by its origin, and only the configured origin counts: a `Host` header is whatever the caller
 * says, and believing it would let another relay pass on the tokens it was given. One exception is safe: the loopback names mean
 * one machine, so a relay configured for one of them takes the others, with the same port.
 *
 * What is refused is charged to the address it came from. Once an address has nothing left, a token from there is looked into
 * before its signature is verified, which costs far more: only one that claims a key known to the space goes on. So bad tokens are
 * not verified without limit, and a device at the same address as their sender is served all the same (RELAY-16).
 *
 * An invitation's key is judged by the relay's clock. That it was used up does not shut it out before it expires: the
 * device that joined may have lost the answer, and asks again.
 */
import { CairnError, isError } from '../errors.ts';
import { fromBase64Url, type PublicKey, type SpaceId, spaceText, toBase64Url } from '../format/bytes.ts';
import { openToken } from '../format/token.ts';
import {
  canInvite,
  type Device,
  deviceByKey,
  expiresAt,
  type InvitationState,
  invitationByKey,
} from '../model/membership.ts';
import type { Membership, Memberships } from './memberships.ts';
import { addressKey, RateLimit, type Rates } from './rate-limit.ts';

/** Whom a good token stands for. */
export interface Credential {
  readonly key: PublicKey;
  /** When the token ends, milliseconds. */
  readonly expires: number;
}

export type Caller = Credential & { readonly membership: Membership } & (
    | { readonly kind: 'device'; readonly device: Device }
    | { readonly kind: 'invitation'; readonly invitation: InvitationState }
  );
export type DeviceCaller = Caller & { readonly kind: 'device' };

/** What is asked, for which space, from where. */
export interface Question {
  readonly request: Request;
  readonly space: SpaceId;
  /** The network address, for limits before membership. */
  readonly address: string;
}

const loopback = ['localhost', '127.0.0.1', '[::1]'];

/** The origins a token may name: the relay's own, and the other names of the same machine if it is a loopback one. */
export function originsOf(origin: string): readonly string[] {
  const url = new URL(origin);
  if (!loopback.includes(url.hostname)) return [url.origin];
  const port = url.port === '' ? '' : `:${url.port}`;
  return loopback.map((host) => `${url.protocol}//${host}${port}`);
}

export class Gate {
  readonly #memberships: Memberships;
  readonly #origins: readonly string[];
  readonly #now: () => number;
  readonly #devices: RateLimit;
  readonly #addresses: RateLimit;

  constructor(memberships: Memberships, origin: string, rates: Rates, now: () => number) {
    this.#memberships = memberships;
    this.#origins = originsOf(origin);
    this.#now = now;
    this.#devices = new RateLimit(rates.device, now);
    this.#addresses = new RateLimit(rates.address, now);
  }

  /** @throws unauthorized, token-time, unknown-space, forbidden, invitation-expired, invitation-invalid, rate-limited */
  async caller(question: Question): Promise<Caller> {
    const { space } = question;
    const credential = await this.#credential(question);
    const membership = await this.#memberships.of(space);
    if (membership === null) {
      this.#takeAddress(question);
      throw new CairnError('unknown-space', 'No such space here');
    }
    const caller = callerOf(membership, credential);
    if (caller === null) {
      this.#takeAddress(question);
      throw new CairnError('forbidden', 'This key is no device of the space');
    }
    this.#devices.take(`${spaceText(space)} ${toBase64Url(caller.key)}`);
    if (caller.kind === 'invitation') this.#checkInvitation(caller.invitation, membership);
    return caller;
  }

  /** The same for what only devices may do. @throws forbidden too, for an invitation's key */
  async device(question: Question): Promise<DeviceCaller> {
    const caller = await this.caller(question);
    if (caller.kind === 'device') return caller;
    throw new CairnError('forbidden', 'An invitation opens the membership log and nothing else');
  }

  /** A key that may be of no space yet: to create one. @throws unauthorized, token-time, rate-limited */
  async founder(question: Question): Promise<Credential> {
    const credential = await this.#credential(question);
    this.#takeAddress(question);
    return credential;
  }

  /** True while the key is that of a current device. */
  async isDevice(space: SpaceId, key: PublicKey): Promise<boolean> {
    const membership = await this.#memberships.of(space);
    return membership !== null && deviceByKey(membership.state, key) !== undefined;
  }

  async #credential(question: Question): Promise<Credential> {
    try {
      const admit = (claimed: PublicKey): Promise<void> => this.#admit(question, claimed);
      return await readCredential(question, this.#origins, this.#now(), admit);
    } catch (thrown) {
      this.#takeAddress(question);
      throw thrown;
    }
  }

  async #admit({ space, address }: Question, claimed: PublicKey): Promise<void> {
    if (this.#addresses.check(addressKey(address))) return;
    const membership = await this.#memberships.of(space);
    if (membership !== null && knows(membership, claimed)) return;
    throw new CairnError('rate-limited', 'Too many requests'); // the caller's charge says how long to wait
  }

  #takeAddress({ address }: Question): void {
    this.#addresses.take(addressKey(address));
  }

  #checkInvitation(invitation: InvitationState, { state }: Membership): void {
    if (this.#now() > expiresAt(invitation)) {
      throw new CairnError('invitation-expired', 'The invitation has expired', {
        expires: expiresAt(invitation),
      });
    }
    if (!canInvite(state, invitation.issuer, invitation.role)) {
      throw new CairnError('invitation-invalid', 'Who invited may no longer do so');
    }
  }
}

function callerOf(membership: Membership, credential: Credential): Caller | null {
  const device = deviceByKey(membership.state, credential.key);
  if (device !== undefined) return { ...credential, membership, kind: 'device', device };
  const invitation = invitationByKey(membership.state, credential.key);
  if (invitation !== undefined) return { ...credential, membership, kind: 'invitation', invitation };
  return null;
}

function knows({ state }: Membership, key: PublicKey): boolean {
  return deviceByKey(state, key) !== undefined || invitationByKey(state, key) !== undefined;
}

/** The signature is checked once: a token names one audience, and each other origin is refused before that. */
async function readCredential(
  { request, space }: Question,
  origins: readonly string[],
  now: number,
  admit: (claimed: PublicKey) => Promise<void>,
): Promise<Credential> {
  const token = /^Bearer ([\w-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (token === undefined) throw new CairnError('unauthorized', 'No access token');
  let refused: unknown = null;
  for (const relay of origins) {
    try {
      return await openToken(fromToken(token), { relay, space, now, admit });
    } catch (thrown) {
      if (!isError(thrown, 'unauthorized')) throw thrown;
      refused = thrown;
    }
  }
  throw refused;
}

function fromToken(text: string): Uint8Array {
  try {
    return fromBase64Url(text);
  } catch {
    throw new CairnError('unauthorized', 'A token that is not base64url');
  }
}
