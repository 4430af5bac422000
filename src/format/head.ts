/**
 * A head: a device's signed statement "my log has `size` entries and this root", with the membership log that it had
 * applied when it said so (LOG-12).
 *
 *   payload = {"space": space id, "log": device number, "size": n, "root": hash, "members": [size, root]}
 *
 * Whether the key that signed it is that device's is for the membership log to say (model/verdict).
 */
import { CairnError } from '../errors.ts';
import { equal, type Hash, type SpaceId } from './bytes.ts';
import type { CborInput, CborValue } from './cbor.ts';
import { emptyRoot } from './frontier.ts';
import { countOf, deviceOf, fieldsOf, hashOf, tupleOf } from './shape.ts';
import { type Decoded, decodeSigned, types } from './signed.ts';
import type { DeviceNumber } from './stamp.ts';

/** A point of a log: so many entries, and the root over them. */
export interface LogPoint {
  readonly size: number;
  readonly root: Hash;
}

export interface Head {
  readonly space: SpaceId;
  readonly log: DeviceNumber;
  readonly size: number;
  readonly root: Hash;
  /** Of the membership log that the author had applied; its size is at least 1. */
  readonly members: LogPoint;
}

export const pointOf = (value: CborValue, least = 0): LogPoint => {
  const [size, root] = tupleOf(value, 2);
  return checkPoint({ size: countOf(size, least), root: hashOf(root) });
};

/** @throws malformed for a log of size 0 with another root than the empty tree's (LOG-8) */
export function checkPoint(point: LogPoint): LogPoint {
  if ((point.size === 0) !== equal(point.root, emptyRoot)) {
    throw new CairnError('malformed', 'A log is empty exactly if its root is that of the empty tree');
  }
  return point;
}

export const pointInput = ({ size, root }: LogPoint): CborInput => [size, root];

/** A head that was verified before, from where it was kept. @throws too-large, malformed, wrong-type */
export function decodeHead(bytes: Uint8Array): Head {
  return readHead(decodeSigned(bytes, types.head));
}

export function readHead(decoded: Decoded): Head {
  const { space, log, size, root, members } = fieldsOf(
    decoded.payload,
    'space',
    'log',
    'size',
    'root',
    'members',
  );
  const point = checkPoint({ size: countOf(size), root: hashOf(root) });
  return { space: hashOf(space), log: deviceOf(log), ...point, members: pointOf(members, 1) };
}
