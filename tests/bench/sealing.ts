/**
 * The author's side of `apply`: a log of one-row entries with its signed head. In a worker of its own, so that the garbage of
 * making it is not collected while applying it is measured.
 */
import { deriveEpochKeys } from '../../src/crypto/epoch.ts';
import { keyPairFromSecret } from '../../src/crypto/keys.ts';
import type { Bytes, SpaceId } from '../../src/format/bytes.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { sealEntry } from '../../src/format/entry.ts';
import type { LogPoint } from '../../src/format/head.ts';
import { signHead } from '../../src/format/head-signing.ts';
import { appendLeaves, emptyFrontier, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { asDeviceNumber, type DeviceNumber, makeStamp } from '../../src/format/stamp.ts';
import { encodePut } from '../../src/model/schema.ts';
import { makeRows } from './rows.ts';
import { schema } from './schema.ts';

export interface SealingRequest {
  readonly space: SpaceId;
  readonly log: DeviceNumber;
  readonly epochKey: Bytes;
  /** Of the author's device. */
  readonly secret: Bytes;
  readonly members: LogPoint;
  /** Stamp of the first entry, milliseconds; one more for each. */
  readonly at: number;
  readonly count: number;
}

export interface SealedLog {
  readonly entries: readonly Bytes[];
  readonly leaves: readonly Bytes[];
  readonly head: Bytes;
}

async function sealedLog(request: SealingRequest): Promise<SealedLog> {
  const { space, log, members, at } = request;
  const { entry: key } = await deriveEpochKeys(request.epochKey, space, 1);
  const { signer } = await keyPairFromSecret(request.secret);
  const entries = await Promise.all(
    makeRows(request.count, 3).map(async ({ id, ...values }, index) => {
      const cells = encodePut(schema.tables.items, values);
      const put = { kind: 'put', table: 'items', id, cells, seen: new Map() } as const;
      const body = encodeBody([encodeChangeset({ stamp: makeStamp(at + index, 0), ops: [put] })]);
      const fields = { space, device: asDeviceNumber(log), position: index + 1, schema: 1, epoch: 1 };
      const nonce = crypto.getRandomValues(new Uint8Array(12));
      return (await sealEntry(key, fields, body, nonce)).entry;
    }),
  );
  const leaves = entries.map(leafHash);
  const frontier = appendLeaves(emptyFrontier, leaves);
  const point = { size: frontier.size, root: frontierRoot(frontier) };
  return { entries, leaves, head: await signHead(signer, { space, log, ...point, members }) };
}

self.addEventListener('message', async ({ data }: MessageEvent<SealingRequest>) => {
  self.postMessage(await sealedLog(data));
});
