/**
 * A space to test stores with: real keys and real membership entries (a founder, an invitation, a second device),
 * and logs of other devices whose entries are in opened form, as pull hands them to the store.
 */
import { deriveNameKey } from '../../src/crypto/epoch.ts';
import { keyPairFromSecret } from '../../src/crypto/keys.ts';
import { asHash, type Bytes, type SpaceId } from '../../src/format/bytes.ts';
import type { Changeset } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import type { Head } from '../../src/format/head.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { decodeMembershipEntry } from '../../src/format/membership-entry.ts';
import { makeCreate, makeInvite, makeJoin } from '../../src/format/membership-making.ts';
import { appendLeaf, emptyFrontier, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { sealNames } from '../../src/format/names.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { asDeviceNumber, type DeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import type { AppliedRun, Cursor } from '../../src/store/record.ts';

export const start = 1_790_000_000_000;

/** Bytes that differ by `seed`, the same in each run. */
export function someBytes(seed: number, length = 32): Bytes {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7 + (index >> 3)) & 255);
}

let drawn = 1000;
const randomBytes = (length: number): Bytes => {
  drawn += 1;
  return someBytes(drawn, length);
};

export type TestSpace = Awaited<ReturnType<typeof makeSpace>>;
let made: Promise<TestSpace> | null = null;

/** The same space each time: making one costs some signatures. */
export function testSpace(): Promise<TestSpace> {
  made ??= makeSpace();
  return made;
}

async function makeSpace() {
  const [identity, a, guest, b, invitation] = await Promise.all(
    [1, 2, 3, 4, 5].map((seed) => keyPairFromSecret(someBytes(seed))),
  );
  if (!identity || !a || !guest || !b || !invitation) throw new TypeError('five key pairs');
  const epochKey = someBytes(6);
  const nameKey = await deriveNameKey(epochKey, 1);
  const stamp = makeStamp(start, 0);
  const names = (device: typeof a, name: string) =>
    sealNames(nameKey, device.sign, { member: name, device: 'browser' }, randomBytes(12));
  const create = await makeCreate({
    identity,
    device: a,
    epochKey,
    names: await names(a, 'Ada'),
    stamp,
    randomBytes,
  });
  const space: SpaceId = decodeMembershipEntry(create).id;
  const leaves = appendLeaf(emptyFrontier, decodeMembershipEntry(create).leaf);
  const invite = await makeInvite({
    signer: a.signer,
    before: { space, size: 1, root: frontierRoot(leaves) },
    key: invitation,
    role: 'writer',
    life: 86_400_000,
    uses: 1,
    epoch: 1,
    epochKey,
    stamp,
    randomBytes,
  });
  const invited = appendLeaf(leaves, decodeMembershipEntry(invite).leaf);
  const join = await makeJoin({
    identity: guest,
    device: b,
    before: { space, size: 2, root: frontierRoot(invited) },
    invitation: invitation.signer,
    epoch: 1,
    epochKey,
    names: await names(b, 'Ben'),
    stamp,
    randomBytes,
  });
  return { space, a, b, identity, epochKey, members: [create, invite, join] as const };
}

export const deviceA: DeviceNumber = asDeviceNumber(1);
export const deviceB: DeviceNumber = asDeviceNumber(2);

/** The log of another device, as it grows: gives runs of entries to apply. */
export class OtherLog {
  readonly device: DeviceNumber;
  readonly #space: SpaceId;
  cursor: Cursor = { size: 0, root: frontierRoot(emptyFrontier), frontier: emptyFrontier };

  constructor(space: SpaceId, device: DeviceNumber) {
    this.#space = space;
    this.device = device;
  }

  /** One entry for each list of changesets; sealing is left out, the store never sees it. */
  run(entries: readonly (readonly Changeset[])[]): AppliedRun {
    const from = this.cursor.size + 1;
    let { frontier } = this.cursor;
    const opened = entries.map((changesets, index) => {
      const packed = encodeBody(changesets.map(encodeChangeset));
      frontier = appendLeaf(frontier, leafHash(packed));
      const header = {
        format: 1,
        space: this.#space,
        device: this.device,
        position: from + index,
        schema: 0,
        epoch: 1,
        codec: 0,
        size: packed.length,
        sealedSize: packed.length + 16,
      } as const;
      return { kind: 'opened', header, nonce: someBytes(from + index, 12), packed } as const;
    });
    this.cursor = { size: frontier.size, root: frontierRoot(frontier), frontier };
    return { log: this.device, from, entries: opened, after: this.cursor };
  }
}

/** A signed head of a log, for the sizes that tests need. */
export function headOf(
  signer: Parameters<typeof signHead>[0],
  space: SpaceId,
  log: DeviceNumber,
  cursor: Cursor,
  members: Head['members'] = { size: 3, root: asHash(someBytes(9)) },
): Promise<Bytes> {
  return signHead(signer, { space, log, size: cursor.size, root: cursor.root, members });
}
