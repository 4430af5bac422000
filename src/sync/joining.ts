/**
 * What a join keeps of its invitation, so that a reload goes on without the link: the values of a `joining` record. The secret
 * is not among them; it is in the keyring until it has been used.
 */
import { CairnError } from '../errors.ts';
import type { PublicKey } from '../format/bytes.ts';
import type { CborValue } from '../format/cbor.ts';
import type { LogPoint } from '../format/head.ts';
import type { Invitation } from '../format/invitation.ts';
import { type Role, roleOf } from '../format/role.ts';
import { countOf, hashOf, publicKeyOf, textOf } from '../format/shape.ts';
import type { Standing } from '../store/standing.ts';

export interface Joining {
  /** Origin of the relay. */
  readonly relay: string;
  /** The invitation's key, and the device that issued it. */
  readonly key: PublicKey;
  readonly issuer: PublicKey;
  readonly role: Role;
  readonly floor: LogPoint;
  readonly memberName: string;
  readonly deviceName: string;
}

export interface JoinNames {
  readonly memberName: string;
  readonly deviceName: string;
}

export function joiningValues(
  { relay, key, issuer, role, floor }: Invitation,
  { memberName, deviceName }: JoinNames,
): ReadonlyMap<string, CborValue> {
  return new Map<string, CborValue>([
    ['relay', relay],
    ['key', key],
    ['issuer', issuer],
    ['role', role],
    ['floor size', floor.size],
    ['floor root', floor.root],
    ['member name', memberName],
    ['device name', deviceName],
  ]);
}

/** @throws storage-corrupt */
export function readJoining({ joining }: Pick<Standing, 'joining'>): Joining {
  const value = (name: string): CborValue => joining?.values.get(name) ?? null;
  try {
    return {
      relay: textOf(value('relay'), 1, 4096),
      key: publicKeyOf(value('key')),
      issuer: publicKeyOf(value('issuer')),
      role: roleOf(value('role')),
      floor: { size: countOf(value('floor size')), root: hashOf(value('floor root')) },
      memberName: textOf(value('member name'), 0, 4096),
      deviceName: textOf(value('device name'), 0, 4096),
    };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new CairnError('storage-corrupt', `What was kept of the invitation is damaged: ${reason}`);
  }
}

/** The relay of a space that was joined; null for one made here. */
export function joinedRelay(standing: Pick<Standing, 'joining'>): string | null {
  return standing.joining === null ? null : readJoining(standing).relay;
}
