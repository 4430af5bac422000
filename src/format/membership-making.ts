/**
 * Makes membership entries: the signatures and wraps of `membership-entry`, in the form that it accepts. All randomness
 * and time is handed in.
 */
import type { Signer } from '../crypto/ed25519.ts';
import { epochCommitment } from '../crypto/epoch.ts';
import type { Bytes, Hash, SpaceId, WrapKey } from './bytes.ts';
import type { CborInput } from './cbor.ts';
import { wrapEpochKey } from './epoch-wrap.ts';
import type { PublicPair } from './membership-entry.ts';
import { emptyRoot } from './merkle.ts';
import type { Role } from './role.ts';
import { mapOf } from './shape.ts';
import { signObject } from './signature.ts';
import { types } from './signed.ts';
import type { Stamp } from './stamp.ts';

/** A key pair that can sign: of an identity, a device or an invitation. */
export interface SigningPair extends PublicPair {
  readonly signer: Signer;
}

/** The membership log that an entry goes on from. */
export interface Before {
  readonly space: SpaceId;
  readonly size: number;
  readonly root: Hash;
}

type Random = (length: number) => Bytes;

const pair = ({ sign, wrap }: PublicPair): CborInput => [sign, wrap];

function signEntry(
  signer: Signer,
  before: { space: SpaceId | null; size: number; root: Hash },
  stamp: Stamp,
  kind: string,
  body: Readonly<Record<string, CborInput>>,
): Promise<Bytes> {
  const { space, size, root } = before;
  return signObject(signer, types.membership, mapOf({ space, size, root, stamp, kind, body: mapOf(body) }));
}

const bind = (space: SpaceId | null, identity: SigningPair, device: PublicPair): Promise<Bytes> =>
  signObject(
    identity.signer,
    types.binding,
    mapOf({ space, identity: pair(identity), device: pair(device) }),
  );

function wrapFor(
  recipients: readonly WrapKey[],
  key: Bytes,
  epoch: number,
  random: Random,
): Promise<CborInput[]> {
  return Promise.all(recipients.map(async (to) => [to, await wrapEpochKey(to, key, epoch, random)]));
}

export interface CreateParts {
  readonly identity: SigningPair;
  readonly device: SigningPair;
  /** The key of epoch 1. */
  readonly epochKey: Bytes;
  /** `sealNames` under the name key of epoch 1. */
  readonly names: Bytes;
  readonly stamp: Stamp;
  readonly randomBytes: Random;
}

export async function makeCreate(parts: CreateParts): Promise<Bytes> {
  const { identity, device, epochKey, names, stamp, randomBytes } = parts;
  const [binding, commitment, wraps] = await Promise.all([
    bind(null, identity, device),
    epochCommitment(epochKey),
    wrapFor([device.wrap, identity.wrap], epochKey, 1, randomBytes),
  ]);
  return signEntry(device.signer, { space: null, size: 0, root: emptyRoot }, stamp, 'create', {
    identity: pair(identity),
    device: pair(device),
    binding,
    epoch: [1, commitment],
    wraps,
    names,
  });
}

export interface InviteParts {
  readonly before: Before;
  /** A device that may invite. */
  readonly signer: Signer;
  /** The invitation's own one-time pair. */
  readonly key: PublicPair;
  readonly role: Role;
  readonly life: number;
  readonly uses: number;
  readonly epoch: number;
  readonly epochKey: Bytes;
  readonly stamp: Stamp;
  readonly randomBytes: Random;
}

export async function makeInvite(parts: InviteParts): Promise<Bytes> {
  const { before, signer, key, role, life, uses, epoch, epochKey, stamp, randomBytes } = parts;
  const wrapped = await wrapEpochKey(key.wrap, epochKey, epoch, randomBytes);
  return signEntry(signer, before, stamp, 'invite', { key: pair(key), role, life, uses, epoch, wrapped });
}

export interface JoinParts {
  readonly before: Before;
  readonly identity: SigningPair;
  readonly device: SigningPair;
  /** The invitation's own key. */
  readonly invitation: Signer;
  /** Of the key below and of the names. */
  readonly epoch: number;
  /** The key of that epoch; null if it is not here, and then nothing is wrapped. */
  readonly epochKey: Bytes | null;
  readonly names: Bytes;
  readonly stamp: Stamp;
  readonly randomBytes: Random;
}

export async function makeJoin(parts: JoinParts): Promise<Bytes> {
  const { before, identity, device, invitation, epoch, epochKey, names, stamp, randomBytes } = parts;
  const { space } = before;
  const proof = mapOf({
    space,
    invitation: invitation.publicKey,
    identity: pair(identity),
    device: pair(device),
  });
  const [binding, possession, wraps] = await Promise.all([
    bind(space, identity, device),
    signObject(invitation, types.possession, proof),
    epochKey === null ? [] : wrapFor([device.wrap, identity.wrap], epochKey, epoch, randomBytes),
  ]);
  return signEntry(device.signer, before, stamp, 'join', {
    identity: pair(identity),
    device: pair(device),
    binding,
    invitation: invitation.publicKey,
    possession,
    epoch,
    wraps,
    names,
  });
}
