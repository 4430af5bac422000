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
 * What is refused is charged to the address it came from, and verifying a signature, which costs far more than all else, is charged
 * before it is done and given back if the signature holds: any number of requests at once get no more than what is left.
 *
 *   the token was verified before              no verification
 *   the key that it claims is at its limit     refused unverified: were it good, it would be refused too
 *   the address has something left             verified
 *   it has nothing left                        verified if it claims a key known to the space, a few of each address and key
 *
 * So bad tokens are not verified without limit, whatever public keys their sender knows, and a device at the same address is
 * served all the same (RELAY-16).
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
import { addressKey, type Rate, RateLimit, type Rates } from './rate-limit.ts';
import { TokenMemory } from './token-memory.ts';

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

/** Of an address that has nothing left: tokens that claim keys known to their space. A device signs a new one every four minutes. */
const claimRate: Rate = { perSecond: 5, burst: 20 };
/** Of them, those that claim one key: whoever knows that key alone keeps no other device waiting. */
const claimOfKeyRate: Rate = { perSecond: 0.2, burst: 3 };

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
  readonly #claims: RateLimit;
  readonly #claimsOfKey: RateLimit;
  readonly #verified = new TokenMemory();

  constructor(memberships: Memberships, origin: string, rates: Rates, now: () => number) {
    this.#memberships = memberships;
    this.#origins = originsOf(origin);
    this.#now = now;
    this.#devices = new RateLimit(rates.device, now);
    this.#addresses = new RateLimit(rates.address, now);
    this.#claims = new RateLimit(claimRate, now);
    this.#claimsOfKey = new RateLimit(claimOfKeyRate, now);
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
    this.#devices.take(callerName(space, caller.key));
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
    const { space } = question;
    const token = /^Bearer ([\w-]+)$/i.exec(question.request.headers.get('authorization') ?? '')?.[1];
    if (token === undefined) {
      this.#takeAddress(question);
      throw new CairnError('unauthorized', 'No access token');
    }
    const known = this.#verified.find(token, space, this.#now());
    if (known !== null) return known;
    let charge: Charge | null = null;
    const admit = async (claimed: PublicKey): Promise<void> => {
      const device = callerName(space, claimed);
      if (!this.#devices.check(device)) {
        // Its own limit is no fault of its address.
        charge = nothing;
        this.#devices.take(device);
      }
      charge = await this.#charge(question, claimed, device);
    };
    try {
      const credential = await readCredential(token, space, this.#origins, this.#now(), admit);
      giveBack(charge);
      this.#verified.keep(token, space, credential);
      return credential;
    } catch (thrown) {
      if (!isPaid(charge)) this.#takeAddress(question);
      throw thrown;
    }
  }

  /** Charges a verification before it is done. @throws rate-limited */
  async #charge({ space, address }: Question, claimed: PublicKey, device: string): Promise<Charge> {
    const place = addressKey(address);
    if (this.#addresses.tryTake(place)) {
      return { paid: true, giveBack: () => this.#addresses.giveBack(place) };
    }
    const membership = await this.#memberships.of(space);
    const claim = `${place} ${device}`;
    const isMore =
      membership !== null &&
      knows(membership, claimed) &&
      this.#claimsOfKey.tryTake(claim) &&
      this.#claims.tryTake(place);
    // The caller's charge says how long to wait.
    if (!isMore) throw new CairnError('rate-limited', 'Too many requests');
    const give = (): void => {
      this.#claimsOfKey.giveBack(claim);
      this.#claims.giveBack(place);
    };
    return { paid: false, giveBack: give };
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

/** What a verification was charged to. */
interface Charge {
  /** Whether the address owes nothing more if the signature does not hold. */
  readonly paid: boolean;
  giveBack(): void;
}

const nothing: Charge = { paid: true, giveBack: () => undefined };

// Both are told what a callback has set, which the compiler doesn't follow.
const giveBack = (charge: Charge | null): void => charge?.giveBack();
const isPaid = (charge: Charge | null): boolean => charge?.paid === true;

/** One key in one space, for limits. */
export const callerName = (space: SpaceId, key: PublicKey): string =>
  `${spaceText(space)} ${toBase64Url(key)}`;

/** The signature is checked once: a token names one audience, and each other origin is refused before that. */
async function readCredential(
  token: string,
  space: SpaceId,
  origins: readonly string[],
  now: number,
  admit: (claimed: PublicKey) => Promise<void>,
): Promise<Credential> {
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
