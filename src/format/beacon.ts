/**
 * A beacon: a device's signed "I am here, and these are my cursors". With roots, so that everyone can check which
 * changes the device has.
 *
 *   payload = {"space": space id, "device": number, "at": milliseconds, "cursors": [* [device, size, root]],
 *              "members": [size, root], "caughtUp": bool, "nonce": 16 bytes / null}
 *
 * Cursors ascend by device. `nonce` answers a joiner's probe. `at` is the author's own clock and gives no authority.
 */
import type { Signer } from '../crypto/ed25519.ts';
import type { Bytes, Hash, PublicKey, SpaceId } from './bytes.ts';
import type { CborValue } from './cbor.ts';
import { checkPoint, type LogPoint, pointInput, pointOf } from './head.ts';
import {
  booleanOf,
  bytesOf,
  checkAscending,
  countOf,
  deviceOf,
  fieldsOf,
  hashOf,
  listOf,
  mapOf,
  tupleOf,
} from './shape.ts';
import { checkSignature, signObject } from './signature.ts';
import { checkSpace, type Decoded, decodeSigned, types } from './signed.ts';
import { type DeviceNumber, maxStampMs } from './stamp.ts';

export interface BeaconCursor {
  readonly device: DeviceNumber;
  readonly size: number;
  readonly root: Hash;
}

export interface Beacon {
  readonly space: SpaceId;
  readonly device: DeviceNumber;
  /** Milliseconds since the Unix epoch by the author's clock. */
  readonly at: number;
  readonly cursors: readonly BeaconCursor[];
  readonly members: LogPoint;
  readonly caughtUp: boolean;
  readonly nonce: Bytes | null;
}

export const probeNonceLength = 16;

export function signBeacon(signer: Signer, beacon: Beacon): Promise<Bytes> {
  const { space, device, at, members, caughtUp, nonce } = beacon;
  const cursors = [...beacon.cursors]
    .sort((a, b) => a.device - b.device)
    .map((cursor) => [cursor.device, cursor.size, cursor.root]);
  const payload = mapOf({ space, device, at, cursors, members: pointInput(members), caughtUp, nonce });
  return signObject(signer, types.beacon, payload);
}

/** A beacon that was verified before, from where it was kept. @throws too-large, malformed, wrong-type */
export function decodeBeacon(bytes: Uint8Array): Beacon {
  return readBeacon(decodeSigned(bytes, types.beacon));
}

function readBeacon({ payload }: Decoded): Beacon {
  const fields = fieldsOf(payload, 'space', 'device', 'at', 'cursors', 'members', 'caughtUp', 'nonce');
  const cursors = listOf(fields.cursors).map(readCursor);
  checkAscending(cursors, (a, b) => a.device - b.device);
  return {
    space: hashOf(fields.space),
    device: deviceOf(fields.device),
    at: countOf(fields.at, 0, maxStampMs),
    cursors,
    members: pointOf(fields.members, 1),
    caughtUp: booleanOf(fields.caughtUp),
    nonce: fields.nonce === null ? null : bytesOf(fields.nonce, probeNonceLength, probeNonceLength),
  };
}

function readCursor(value: CborValue): BeaconCursor {
  const [device, size, root] = tupleOf(value, 3);
  return { device: deviceOf(device), ...checkPoint({ size: countOf(size), root: hashOf(root) }) };
}

/** @throws too-large, malformed, wrong-type, wrong-space, bad-signature */
export async function openBeacon(
  bytes: Uint8Array,
  space: SpaceId,
): Promise<{ beacon: Beacon; key: PublicKey }> {
  const decoded = decodeSigned(bytes, types.beacon);
  const beacon = readBeacon(decoded);
  checkSpace(beacon.space, space);
  await checkSignature(decoded);
  return { beacon, key: decoded.kid };
}
