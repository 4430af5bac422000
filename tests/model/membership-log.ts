import { sha256 } from '../../src/crypto/hash.ts';
import { asHash, asPublicKey, asWrapKey, type Bytes, type SpaceId, utf8 } from '../../src/format/bytes.ts';
import type { MembershipEntry, PublicPair } from '../../src/format/membership-entry.ts';
import { leafHash } from '../../src/format/merkle.ts';
import type { Role } from '../../src/format/role.ts';
import { makeStamp, type Stamp } from '../../src/format/stamp.ts';
import {
  applyMembership,
  emptyMembership,
  type MembershipState,
  newestEpoch,
  rootAt,
} from '../../src/model/membership.ts';

/**
 * Membership entries as `format` gives them after it verified them, made without signatures: the fold trusts those,
 * and a test needs thousands. `membership-signed.test.ts` folds signed ones.
 */

/** The public keys of a person, a device or an invitation, by name. */
export function pair(name: string): PublicPair {
  return { sign: asPublicKey(sha256(utf8(`sign ${name}`))), wrap: asWrapKey(sha256(utf8(`wrap ${name}`))) };
}

const nothing: Bytes = new Uint8Array(0);
const sealed = (name: string): Bytes => utf8(`names of ${name}`);
export const start = 1_700_000_000_000;

type Body<K extends MembershipEntry['kind']> = Extract<MembershipEntry, { kind: K; body: unknown }>['body'];

/** What an entry is about; where it stands and when follow from the state, unless told otherwise. */
export interface Overrides {
  readonly at?: number;
  readonly stamp?: Stamp;
  readonly size?: number;
  readonly root?: Bytes;
  readonly space?: SpaceId | null;
  readonly key?: PublicPair;
}

let entries = 0;

function record(state: MembershipState, key: PublicPair, overrides: Overrides) {
  entries++;
  const bytes = utf8(`entry ${entries}`);
  const size = overrides.size ?? state.size;
  return {
    id: asHash(sha256(bytes)),
    leaf: leafHash(bytes),
    key: (overrides.key ?? key).sign,
    space: overrides.space === undefined ? state.space : overrides.space,
    size,
    root: asHash(overrides.root ?? rootAt(state, Math.min(size, state.size)) ?? nothing),
    stamp: overrides.stamp ?? makeStamp(overrides.at ?? Math.max(start, Math.floor(state.stamp / 2048)), 0),
  };
}

/** A space that `founder` made on `device`, and the entry that did. */
export function created(
  founder = 'ann',
  device = 'ann 1',
): { state: MembershipState; entry: MembershipEntry } {
  const unnamed = emptyMembership(asHash(sha256(nothing)));
  const body: Body<'create'> = {
    identity: pair(founder),
    device: pair(device),
    epoch: { number: 1, commitment: sha256(utf8('epoch 1')) },
    wraps: [],
    names: sealed(device),
  };
  const entry: MembershipEntry = { ...record(unnamed, pair(device), { space: null }), kind: 'create', body };
  return { state: applied(emptyMembership(entry.id), entry), entry };
}

export function invite(
  state: MembershipState,
  by: string,
  key: string,
  role: Role,
  overrides: Overrides & Partial<Body<'invite'>> = {},
): MembershipEntry {
  const { life = 60_000, uses = 1, epoch = newestEpoch(state)?.number ?? 0 } = overrides;
  const body = { key: pair(key), role, life, uses, epoch, wrapped: utf8(`epoch key for ${key}`) };
  return {
    ...record(state, pair(by), overrides),
    kind: 'invite',
    body: { ...body, role: overrides.role ?? role },
  };
}

export function join(
  state: MembershipState,
  identity: string,
  device: string,
  invitation: string,
  overrides: Overrides & Partial<Body<'join'>> = {},
): MembershipEntry {
  const body: Body<'join'> = {
    identity: overrides.identity ?? pair(identity),
    device: pair(device),
    invitation: pair(invitation).sign,
    epoch: overrides.epoch ?? 1,
    wraps: [],
    names: sealed(device),
  };
  return { ...record(state, pair(device), overrides), kind: 'join', body };
}

export function unknown(
  state: MembershipState,
  by: string,
  name: string,
  overrides: Overrides = {},
): MembershipEntry {
  return { ...record(state, pair(by), overrides), kind: 'unknown', name };
}

/** The state after an entry that counts; a test fails here when it does not. */
export function applied(state: MembershipState, ...entries: readonly MembershipEntry[]): MembershipState {
  let next = state;
  for (const entry of entries) {
    const outcome = applyMembership(next, entry);
    if (!('ok' in outcome)) throw new Error(`refused (${outcome.code}): ${outcome.refused}`);
    next = outcome.ok;
  }
  return next;
}

/** Somebody invited by `by` and joined, as `identity` on `device`. */
export function joined(
  state: MembershipState,
  by: string,
  identity: string,
  device: string,
  role: Role,
): MembershipState {
  const key = `invitation of ${device}`;
  const invited = applied(state, invite(state, by, key, role));
  return applied(invited, join(invited, identity, device, key));
}
