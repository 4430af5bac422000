/** A member's device that writes its log by hand: whatever its author could sign, and an honest relay would take. */
import type { Bytes } from '../../src/format/bytes.ts';
import { encode } from '../../src/format/cbor.ts';
import type { Op } from '../../src/format/changeset.ts';
import { encodeChangeset } from '../../src/format/changeset-writing.ts';
import { type EntryFields, sealEntry } from '../../src/format/entry.ts';
import type { Head } from '../../src/format/head.ts';
import { signHead } from '../../src/format/head-signing.ts';
import {
  appendLeaves,
  emptyFrontier,
  type Frontier,
  frontierRoot,
  leafHash,
} from '../../src/format/merkle.ts';
import { encodeBody } from '../../src/format/opened-entry.ts';
import { makeStamp } from '../../src/format/stamp.ts';
import { rootAt } from '../../src/model/membership.ts';
import type { Device } from './world.ts';

export class Rogue {
  readonly device: Device;
  frontier: Frontier = emptyFrontier;

  constructor(device: Device) {
    this.device = device;
  }

  get position(): number {
    return this.frontier.size + 1;
  }

  /** A good entry for the next position, or one that is odd in the ways said. */
  async entry(
    id: string,
    odd: Partial<EntryFields> & {
      readonly atMs?: number;
      readonly body?: Bytes;
      readonly after?: number;
    } = {},
  ): Promise<Bytes> {
    const { ctx, number, store, world } = this.device;
    const { atMs = world.time, body, after = 0, ...fields } = odd;
    const position = this.position + after;
    const all = { space: store.space, device: number, position, schema: 0, epoch: 1, ...fields };
    const op: Op = { kind: 'put', table: 'items', id, cells: new Map([['title', id]]), seen: new Map() };
    const plain = body ?? encodeBody([encodeChangeset({ stamp: makeStamp(atMs, position), ops: [op] })]);
    const { entry } = await sealEntry(
      await ctx.keys.entry(1),
      all,
      plain,
      this.device.runtime.randomBytes(12),
    );
    return entry;
  }

  /** An entry of a format that will never exist. */
  ofTheFuture(): Bytes {
    return encode([2, 'whatever comes then']);
  }

  async head(frontier: Frontier, odd: Partial<Head> = {}): Promise<Bytes> {
    const { ctx, number, store, standing } = this.device;
    const { membership } = standing;
    const root = rootAt(membership, membership.size);
    if (root === undefined) throw new TypeError('a membership log without a root');
    const members = { size: membership.size, root };
    return signHead(ctx.signer, {
      space: store.space,
      log: number,
      size: frontier.size,
      root: frontierRoot(frontier),
      members,
      ...odd,
    });
  }

  /** Puts them into the relay's store, under a head of this log: an honest relay would refuse some of what is tried here. */
  async append(...entries: Bytes[]): Promise<Bytes> {
    const { number, store, world } = this.device;
    const leaves = entries.map(leafHash);
    this.frontier = appendLeaves(this.frontier, leaves);
    const head = await this.head(this.frontier);
    const before = await world.storage.readLog(store.space, number);
    const done = await world.storage.append(store.space, number, {
      expected: before?.revision ?? null,
      entries: entries.map((entry, index) => ({ entry, leaf: leaves[index] ?? leafHash(entry) })),
      after: { frontier: this.frontier, head },
    });
    if (!done) throw new TypeError('the log was moved by someone else');
    return head;
  }
}
