/**
 * An entry of the membership log: a signed object whose payload is
 *
 *   {"space": space id / null, "size": entries before it, "root": root of the log before it, "stamp": stamp,
 *    "kind": text, "body": map}
 *
 *   create  the first entry, by the founder's device, the only one with space null, size 0 and the empty root:
 *           {"identity": pair, "device": pair, "binding": signed, "epoch": [1, commitment],
 *            "wraps": [two wraps], "names": sealed}
 *   invite  by a device that may: {"key": pair, "role": text, "life": ms, "uses": n, "epoch": n, "wrapped": wrapped key}
 *   join    by the joining device: {"identity": pair, "device": pair, "binding": signed, "invitation": sign key,
 *           "possession": signed, "epoch": n, "wraps": [none or two], "names": sealed}
 *
 *   pair       = [sign key, wrap key]
 *   wrap       = [recipient's wrap key, wrapped epoch key]     the device's own first, then the identity's
 *   binding    = signed by the identity key: {"space", "identity": pair, "device": pair}
 *   possession = signed by the invitation's key: {"space", "invitation": sign key, "identity": pair, "device": pair}
 *
 * 1. `openMembershipEntry` (membership-opening) verifies every signature inside and that all of them speak of the same space and keys. What
 *    the log must add (may this author, is the invitation still good) is the fold's (model/membership).
 * 2. A kind that we do not know is decoded as far as it goes and says so: it is newer, not malformed (MEM-8).
 * 3. The space id is the SHA-256 of the `create` entry, which therefore names no space (LOG-5).
 */
import { sha256 } from '../crypto/hash.ts';
import type { PublicPair } from '../crypto/keys.ts';
import { wrapOverhead } from '../crypto/lengths.ts';
import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';
import { asHash, type Bytes, equal, type Hash, type PublicKey, type SpaceId, type WrapKey } from './bytes.ts';
import type { CborValue } from './cbor.ts';
import { checkPoint } from './head.ts';
import { leafHash } from './merkle.ts';
import { sealedNamesLeast, sealedNamesMost } from './names.ts';
import { type Role, roleOf } from './role.ts';
import {
  bytesOf,
  countOf,
  fieldsOf,
  hashOf,
  listOf,
  publicKeyOf,
  stampOf,
  textOf,
  tupleOf,
  wrapKeyOf,
} from './shape.ts';
import { type Decoded, decodeSigned, types } from './signed.ts';
import type { Stamp } from './stamp.ts';

export type { PublicPair };

/** The newest epoch key, wrapped for one recipient. */
export interface Wrap {
  readonly to: WrapKey;
  readonly wrapped: Bytes;
}

export interface CreateBody {
  readonly identity: PublicPair;
  readonly device: PublicPair;
  readonly epoch: { readonly number: number; readonly commitment: Bytes };
  readonly wraps: readonly Wrap[];
  readonly names: Bytes;
}

export interface InviteBody {
  readonly key: PublicPair;
  readonly role: Role;
  /** Milliseconds from this entry's stamp. */
  readonly life: number;
  readonly uses: number;
  readonly epoch: number;
  /** The key of that epoch, wrapped for the invitation's key. */
  readonly wrapped: Bytes;
}

export interface JoinBody {
  readonly identity: PublicPair;
  readonly device: PublicPair;
  readonly invitation: PublicKey;
  readonly epoch: number;
  readonly wraps: readonly Wrap[];
  readonly names: Bytes;
}

/** What every membership entry says, and what it is. */
export interface MembershipRecord {
  /** SHA-256 of its bytes; of `create` the space id. */
  readonly id: Hash;
  readonly leaf: Hash;
  /** The key that signed it. */
  readonly key: PublicKey;
  /** Null in `create` alone. */
  readonly space: SpaceId | null;
  /** Of the membership log before it. */
  readonly size: number;
  readonly root: Hash;
  readonly stamp: Stamp;
}

export type MembershipEntry =
  | (MembershipRecord & { readonly kind: 'create'; readonly body: CreateBody })
  | (MembershipRecord & { readonly kind: 'invite'; readonly body: InviteBody })
  | (MembershipRecord & { readonly kind: 'join'; readonly body: JoinBody })
  | (MembershipRecord & { readonly kind: 'unknown'; readonly name: string });

export const spaceIdOf = (createEntry: Uint8Array): SpaceId => asHash(sha256(createEntry));

/** An entry taken apart, with the signed objects inside it; no signature is verified yet. */
export interface Parsed {
  readonly entry: MembershipEntry;
  readonly signatures: readonly Decoded[];
}

/** An entry that was verified before, from where it was kept. @throws too-large, malformed, wrong-type, wrong-space */
export function decodeMembershipEntry(bytes: Uint8Array): MembershipEntry {
  return parseMembershipEntry(bytes).entry;
}

/** Everything but the signatures. @throws too-large, malformed, wrong-type, wrong-space */
export function parseMembershipEntry(bytes: Uint8Array): Parsed {
  const signed = decodeSigned(bytes, types.membership, limits.membershipEntryBytes);
  const fields = fieldsOf(signed.payload, 'space', 'size', 'root', 'stamp', 'kind', 'body');
  const kind = textOf(fields.kind, 1, limits.nameBytes);
  const space = fields.space === null ? null : hashOf(fields.space);
  const record: MembershipRecord = {
    id: asHash(sha256(bytes)),
    leaf: leafHash(bytes),
    key: signed.kid,
    space,
    ...checkPoint({ size: countOf(fields.size), root: hashOf(fields.root) }),
    stamp: stampOf(fields.stamp),
  };
  const isFirst = record.size === 0;
  if (isFirst !== (space === null) || isFirst !== (kind === 'create')) {
    throw new CairnError('malformed', 'Exactly the first entry is `create` and names no space');
  }
  if (!(fields.body instanceof Map))
    throw new CairnError('malformed', 'A membership entry has a map as its body');
  const parsed = parseKind(record, kind, fields.body);
  return { entry: parsed.entry, signatures: [signed, ...parsed.signatures] };
}

function parseKind(record: MembershipRecord, kind: string, value: CborValue): Parsed {
  switch (kind) {
    case 'create':
      return parseCreate(record, value);
    case 'invite':
      return { entry: { ...record, kind, body: readInvite(value) }, signatures: [] };
    case 'join':
      return parseJoin(record, value);
    default:
      return { entry: { ...record, kind: 'unknown', name: kind }, signatures: [] };
  }
}

function parseCreate(record: MembershipRecord, value: CborValue): Parsed {
  const fields = fieldsOf(value, 'identity', 'device', 'binding', 'epoch', 'wraps', 'names');
  const identity = pairOf(fields.identity);
  const device = pairOf(fields.device);
  const [number, commitment] = tupleOf(fields.epoch, 2);
  const body: CreateBody = {
    identity,
    device,
    epoch: { number: countOf(number, 1, 1), commitment: bytesOf(commitment, 32, 32) },
    wraps: wrapsOf(fields.wraps, device, identity),
    names: namesOf(fields.names),
  };
  if (body.wraps.length === 0) throw new CairnError('malformed', 'The founder wraps the key for itself');
  checkSigner(record.key, device.sign);
  const binding = readBinding(fields.binding, record.space, identity, device);
  return { entry: { ...record, kind: 'create', body }, signatures: [binding] };
}

function readInvite(value: CborValue): InviteBody {
  const fields = fieldsOf(value, 'key', 'role', 'life', 'uses', 'epoch', 'wrapped');
  return {
    key: pairOf(fields.key),
    role: roleOf(fields.role),
    life: countOf(fields.life, 1, limits.invitationLifeMs),
    uses: countOf(fields.uses, 1, limits.invitationUses),
    epoch: countOf(fields.epoch, 1),
    wrapped: wrappedOf(fields.wrapped),
  };
}

function parseJoin(record: MembershipRecord, value: CborValue): Parsed {
  const fields = fieldsOf(
    value,
    'identity',
    'device',
    'binding',
    'invitation',
    'possession',
    'epoch',
    'wraps',
    'names',
  );
  const identity = pairOf(fields.identity);
  const device = pairOf(fields.device);
  const invitation = publicKeyOf(fields.invitation);
  const body: JoinBody = {
    identity,
    device,
    invitation,
    epoch: countOf(fields.epoch, 1),
    wraps: wrapsOf(fields.wraps, device, identity),
    names: namesOf(fields.names),
  };
  checkSigner(record.key, device.sign);
  const binding = readBinding(fields.binding, record.space, identity, device);
  const possession = decodeSigned(bytesOf(fields.possession), types.possession);
  checkSigner(possession.kid, invitation);
  const stated = fieldsOf(possession.payload, 'space', 'invitation', 'identity', 'device');
  checkSpaces(stated.space, record.space);
  checkSigner(publicKeyOf(stated.invitation), invitation);
  checkPair(stated.identity, identity);
  checkPair(stated.device, device);
  return { entry: { ...record, kind: 'join', body }, signatures: [binding, possession] };
}

/** The identity's word for its device, which must be about the same space and keys. */
function readBinding(
  value: CborValue,
  space: SpaceId | null,
  identity: PublicPair,
  device: PublicPair,
): Decoded {
  const binding = decodeSigned(bytesOf(value), types.binding);
  checkSigner(binding.kid, identity.sign);
  const stated = fieldsOf(binding.payload, 'space', 'identity', 'device');
  checkSpaces(stated.space, space);
  checkPair(stated.identity, identity);
  checkPair(stated.device, device);
  return binding;
}

function pairOf(value: CborValue): PublicPair {
  const [sign, wrap] = tupleOf(value, 2);
  return { sign: publicKeyOf(sign), wrap: wrapKeyOf(wrap) };
}

/** An epoch key of 32 bytes, wrapped. */
export const wrappedKeyLength: number = 32 + wrapOverhead;

const wrappedOf = (value: CborValue): Bytes => bytesOf(value, wrappedKeyLength, wrappedKeyLength);
const namesOf = (value: CborValue): Bytes => bytesOf(value, sealedNamesLeast, sealedNamesMost);

/** Wraps for the device and its identity, or none by a device that does not have the newest key itself. */
function wrapsOf(value: CborValue, device: PublicPair, identity: PublicPair): readonly Wrap[] {
  const wraps = listOf(value, 2).map((item): Wrap => {
    const [to, wrapped] = tupleOf(item, 2);
    return { to: wrapKeyOf(to), wrapped: wrappedOf(wrapped) };
  });
  const [first, second] = wraps;
  const fits =
    wraps.length === 0 ||
    (wraps.length === 2 && equal(first.to, device.wrap) && equal(second.to, identity.wrap));
  if (!fits) throw new CairnError('malformed', 'Wraps are for the device and then its identity');
  return wraps;
}

function checkSigner(stated: PublicKey, due: PublicKey): void {
  if (!equal(stated, due)) throw new CairnError('bad-signature', 'Signed by another key than it must be');
}

function checkPair(value: CborValue, due: PublicPair): void {
  const stated = pairOf(value);
  if (!equal(stated.sign, due.sign) || !equal(stated.wrap, due.wrap)) {
    throw new CairnError('malformed', 'Signed for other keys');
  }
}

function checkSpaces(value: CborValue, due: SpaceId | null): void {
  const same = value === null || due === null ? value === due : equal(hashOf(value), due);
  if (!same) throw new CairnError('wrong-space', 'Signed for another space');
}
