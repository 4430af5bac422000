/**
 * Joining by an invitation (DESIGN §11), from the tap on *Join* until our entry stands in the verified log. The cycle
 * does the rest (`join-state`).
 *
 *   beginJoin    the link is judged by itself, then: keys, made once a space and kept (JOIN-6), and where the join stands
 *   finishJoin   with the invitation's key: read the log, judge the invitation on it, append `join`, read it back
 *
 * 1. Nothing is written for an invitation that does not hold by itself (JOIN-1, JOIN-2).
 * 2. A log that does not extend the invitation's floor is refused, and nothing is appended to it (JOIN-4).
 * 3. Every step may be cut and is taken up again: the same keys, and an entry that is there is never written twice.
 * 4. The join is done when our entry was pulled back in a verified log, not when a relay says so (JOIN-9).
 * 5. Only transport errors are tried again, within one deadline; any other ends the join with its kind.
 */
import { signerFromStored } from '../crypto/ed25519.ts';
import { deriveNameKey } from '../crypto/epoch.ts';
import { type KeyPair, keyPairFromSecret } from '../crypto/keys.ts';
import { nonceLength } from '../crypto/lengths.ts';
import { CairnError, type ErrorCode, isError } from '../errors.ts';
import { type Bytes, equal, spaceText } from '../format/bytes.ts';
import { unwrapEpochKey } from '../format/epoch-wrap.ts';
import { checkInvitationTime, type Invitation, openInvitation } from '../format/invitation.ts';
import { makeJoin, type SigningPair } from '../format/membership-making.ts';
import { checkNames, sealNames } from '../format/names.ts';
import { stampMs } from '../format/stamp.ts';
import {
  canInvite,
  deviceByKey,
  expiresAt,
  extendsFloor,
  type InvitationState,
  invitationByKey,
  type MembershipState,
  nextMembershipStamp,
  rootAt,
} from '../model/membership.ts';
import { type BackOff, backOffMs, randomFraction } from '../remote/back-off.ts';
import { RelayClient } from '../remote/relay-client.ts';
import { delay, type Runtime } from '../runtime.ts';
import { openToJoin } from '../store/set-aside.ts';
import type { Standing } from '../store/standing.ts';
import type { Store, StoreOptions } from '../store/store.ts';
import { isBeforeJoin, type JoinState, joinStateOf } from './join-state.ts';
import { type Joining, type JoinNames, joiningValues, readJoining } from './joining.ts';
import { takeMembers } from './members.ts';
import { membershipTime } from './membership-time.ts';

export { joinedRelay } from './joining.ts';

const secretLength = 32;
/** An attempt that others keep getting in front of is given up after so many rounds. */
const mostRounds = 16;
const waits: BackOff = { first: 3_000, most: 30_000 };
const defaultDeadlineMs = 60_000;

/** Where the join of a store stands, as the status tells it. */
export function joinFact(joining: { readonly state: string } | null): JoinState | null {
  return joinStateOf(joining);
}

/**
 * Opens the link and the store of its space, and makes everything ready to join. The same link again goes on where it was left.
 * @throws invitation-invalid, invitation-expired, newer-format (update the app); value-invalid for a name over 128 bytes; what
 *   opening a store throws
 */
export async function beginJoin(
  runtime: Runtime,
  link: string,
  names: JoinNames,
  options: StoreOptions = {},
): Promise<Store> {
  checkNames({ member: names.memberName, device: names.deviceName });
  const invitation = await openInvitation(link);
  checkInvitationTime(invitation, runtime.now());
  return runtime.locks.request(`cairn-join-${spaceText(invitation.space)}`, null, async () => {
    const store = await openToJoin(runtime, invitation.space, options);
    try {
      if (store.standing.device === null) await prepare(runtime, store, invitation, names);
      return store;
    } catch (thrown) {
      await store.close();
      throw thrown;
    }
  });
}

async function prepare(
  runtime: Runtime,
  store: Store,
  invitation: Invitation,
  names: JoinNames,
): Promise<void> {
  const { keyring } = store;
  if (keyring.device === null || keyring.identity === null) {
    const identity = runtime.randomBytes(secretLength);
    const device = await keyPairFromSecret(runtime.randomBytes(secretLength));
    await keyring.save({ device: device.stored, identity, invitation: invitation.secret });
  } else if (keyring.invitation === null || !equal(keyring.invitation, invitation.secret)) {
    await keyring.save({ invitation: invitation.secret });
  }
  const { device } = keyring;
  if (device === null) throw new CairnError('storage-broken', 'The keys just written are not there');
  const { signer, wrap } = device;
  await store.append(({ keys }) =>
    keys === null ? { kind: 'device', sign: signer.publicKey, wrap: wrap.publicKey } : null,
  );
  const values = joiningValues(invitation, names);
  await store.append((standing) =>
    goesOn(standing, invitation, names) ? null : { kind: 'joining', state: 'verifying', values },
  );
}

/** Whether what is kept says what this attempt says. Before anything was sent other names take the place of the first. */
function goesOn(standing: Standing, { key }: Invitation, { memberName, deviceName }: JoinNames): boolean {
  if (standing.joining === null) return false;
  const kept = readJoining(standing);
  if (!equal(kept.key, key)) return false;
  const isSame = kept.memberName === memberName && kept.deviceName === deviceName;
  return isSame || joinStateOf(standing.joining) !== 'verifying';
}

export interface JoinParts {
  readonly runtime: Runtime;
  /** As `beginJoin` gave it, or opened again. */
  readonly store: Store;
  /** How long to keep trying when nobody answers, ms. */
  readonly deadlineMs?: number;
}

/**
 * Goes on with the join of a store until it is in the verified log; returns at once if it is.
 * @throws invitation-invalid, invitation-expired, invitation-used, not-allowed; clock-ahead for a clock that differs from the
 *   relay's; bad-answer for a log that does not verify; at the deadline what the last attempt failed with
 */
export async function finishJoin(parts: JoinParts, signal: AbortSignal): Promise<void> {
  const { runtime, store, deadlineMs = defaultDeadlineMs } = parts;
  const end = runtime.monotonic() + deadlineMs;
  for (let failures = 0; isBeforeJoin(joinStateOf(store.standing.joining)); ) {
    try {
      await attempt(runtime, store, signal);
    } catch (thrown) {
      if (!isOfTransport(thrown)) throw thrown;
      failures += 1;
      const wait = backOffMs(waits, failures, randomFraction(runtime));
      if (runtime.monotonic() + wait >= end) throw thrown;
      await delay(runtime, wait, signal);
    }
  }
}

const transport: ReadonlySet<ErrorCode> = new Set(['offline', 'timeout', 'unavailable', 'rate-limited']);

function isOfTransport(thrown: unknown): boolean {
  return thrown instanceof CairnError && transport.has(thrown.code);
}

async function attempt(runtime: Runtime, store: Store, signal: AbortSignal): Promise<void> {
  if (store.standing.device === null) {
    const { invitation: secret } = store.keyring;
    if (secret === null) throw invalid('the invitation’s secret is gone');
    const pair = await keyPairFromSecret(secret);
    const relay = relayFor(runtime, store, pair.signer);
    await untilInLog(new Attempt(runtime, store, pair, relay, signal));
  }
  await store.keyring.save({ invitation: null });
  await setState(store, 'catching-up');
}

async function untilInLog(joining: Attempt): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    await joining.readLog();
    if (joining.isDone) return;
    await joining.append();
  }
  throw new CairnError('unavailable', 'The membership log is too busy to be written to');
}

function relayFor(runtime: Runtime, store: Store, signer: KeyPair['signer']): RelayClient {
  return new RelayClient(runtime, { url: readJoining(store.standing).relay, space: store.space }, signer);
}

/** Strict: what the state lets out of the device rests on it, a power cut included (STORE-17). */
async function setState(store: Store, state: JoinState): Promise<void> {
  await store.append(
    ({ joining }) =>
      joining === null || joining.state === state ? null : { kind: 'joining', state, values: joining.values },
    'strict',
  );
}

/** One attempt, with the invitation's key in hand. */
class Attempt {
  readonly #runtime: Runtime;
  readonly #store: Store;
  /** The invitation's one-time keys. */
  readonly #pair: KeyPair;
  readonly #relay: RelayClient;
  readonly #signal: AbortSignal;
  readonly #joining: Joining;

  constructor(runtime: Runtime, store: Store, pair: KeyPair, relay: RelayClient, signal: AbortSignal) {
    this.#runtime = runtime;
    this.#store = store;
    this.#pair = pair;
    this.#relay = relay;
    this.#signal = signal;
    this.#joining = readJoining(store.standing);
  }

  get isDone(): boolean {
    return this.#store.standing.device !== null;
  }

  /** Reads the membership log to its end and records what verifies. */
  async readLog(): Promise<void> {
    for (let relay = this.#relay; ; ) {
      try {
        while (await readSome(this.#store, relay, this.#signal));
        return;
      } catch (thrown) {
        // The answer to our join may have been lost, and the invitation be over since: then our own key opens the log.
        const isOver = isError(thrown, 'invitation-expired') || isError(thrown, 'invitation-invalid');
        if (!isOver || relay !== this.#relay || !this.#mayHaveJoined) throw thrown;
        relay = relayFor(this.#runtime, this.#store, deviceOf(this.#store).signer);
      }
    }
  }

  get #mayHaveJoined(): boolean {
    return joinStateOf(this.#store.standing.joining) === 'joining';
  }

  async append(): Promise<void> {
    const { membership } = this.#store.standing;
    if (!extendsFloor(membership, this.#joining.floor)) {
      throw invalid('the relay’s membership log does not extend what the invitation names', 'floor');
    }
    const invitation = this.#judge(membership);
    const epochKey = await this.#openEpochKey(membership, invitation);
    await this.#store.keyring.save({ epochs: new Map([[invitation.epoch, epochKey]]) });
    await setState(this.#store, 'joining');
    const entry = await this.#makeEntry(membership, invitation, epochKey);
    try {
      await this.#relay.appendMember({ size: membership.size, entry }, this.#signal);
    } catch (thrown) {
      // Someone was first: read on, and write it anew behind theirs.
      if (!isError(thrown, 'size-mismatch')) throw thrown;
    }
  }

  /** The invitation as the log has it, if a join would count now. */
  #judge(membership: MembershipState): InvitationState {
    const { key, issuer, role } = this.#joining;
    const invitation = invitationByKey(membership, key);
    if (invitation === undefined) throw invalid('it is not in the membership log');
    const device = deviceByKey(membership, issuer);
    if (device === undefined || device.number !== invitation.issuer || invitation.role !== role) {
      throw invalid('the membership log says something else of it');
    }
    if (!canInvite(membership, invitation.issuer, role)) throw invalid('who invited may no longer do so');
    const expires = expiresAt(invitation);
    if (stampMs(nextMembershipStamp(membership, this.#now)) > expires) {
      throw new CairnError('invitation-expired', 'The invitation has expired', { expires });
    }
    if (invitation.used >= invitation.uses) {
      throw new CairnError('invitation-used', 'The invitation has been used', { uses: invitation.uses });
    }
    return invitation;
  }

  /** The time of our entry, by which the invitation is judged. @throws clock-ahead */
  get #now(): number {
    return membershipTime(this.#runtime, this.#relay.clock);
  }

  async #openEpochKey(membership: MembershipState, invitation: InvitationState): Promise<Bytes> {
    const epoch = membership.epochs.find(({ number }) => number === invitation.epoch);
    if (epoch === undefined) throw invalid('it opens an epoch that is not in the log');
    try {
      return await unwrapEpochKey(this.#pair.stored.wrap, invitation.wrapped, epoch.number, epoch.commitment);
    } catch (thrown) {
      if (!isError(thrown, 'cannot-open')) throw thrown;
      throw invalid('it does not open the key of the space');
    }
  }

  async #makeEntry(membership: MembershipState, { epoch }: InvitationState, epochKey: Bytes): Promise<Bytes> {
    const { identity: secret } = this.#store.keyring;
    const root = rootAt(membership, membership.size);
    if (secret === null || root === undefined) {
      throw new CairnError('storage-lost', 'The identity made for this join is gone');
    }
    const device = deviceOf(this.#store);
    const [identity, nameKey] = await Promise.all([
      keyPairFromSecret(secret),
      deriveNameKey(epochKey, epoch),
    ]);
    // As they are now: they may have been corrected while this attempt waited for its answer.
    const { memberName: member, deviceName } = readJoining(this.#store.standing);
    const nonce = this.#runtime.randomBytes(nonceLength);
    return makeJoin({
      before: { space: this.#store.space, size: membership.size, root },
      identity,
      device,
      invitation: this.#pair.signer,
      epoch,
      epochKey,
      names: await sealNames(nameKey, device.sign, { member, device: deviceName }, nonce),
      stamp: nextMembershipStamp(membership, this.#now),
      randomBytes: (length) => this.#runtime.randomBytes(length),
    });
  }
}

/** One answer of the log's tail; true if there is more. */
async function readSome(store: Store, relay: RelayClient, signal: AbortSignal): Promise<boolean> {
  const { membership, term } = store.standing;
  const answer = await relay.changes({ members: membership.size, cursors: [], beacons: false }, signal);
  if (answer.members.size < membership.size) {
    throw invalid('the relay shows less of the membership log than before', 'rollback');
  }
  const asked = membership.size;
  if (answer.members.size > asked) await takeMembers({ store, term }, asked, answer.members);
  const after = store.standing.membership;
  if (after.hold !== null) {
    throw new CairnError('newer-format', 'The membership log needs a newer version of the app');
  }
  return after.size < answer.members.size;
}

function deviceOf({ keyring }: Store): SigningPair {
  if (keyring.device === null) throw new CairnError('storage-lost', 'The keys made for this join are gone');
  const { signer, wrap } = keyring.device;
  return { sign: signer.publicKey, wrap: wrap.publicKey, signer: signerFromStored(signer) };
}

function invalid(why: string, reason = 'log'): CairnError {
  return new CairnError('invitation-invalid', `The invitation is not good: ${why}`, { reason });
}
