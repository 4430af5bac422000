/**
 * The oracle: what must hold after every step of a run, judged from outside, with the relay's store and every device's in view (TEST-6).
 *
 * 1. No write that its device was told is durable is lost: its device shows it, or what beat it.
 * 2. What a device counts as acknowledged is at the relay, under the same root.
 * 3. Cursors cover only what was verified: the root of a cursor is that of the relay's log at that size.
 * 4. Equal cursors and nothing unsealed mean equal rows.
 * 5. A status without reasons means that nothing is unsent and nothing that the relay held when it was compared is missing.
 * 6. At the relay every change stands once.
 */

import type { SpaceId } from '../../src/format/bytes.ts';
import { equal, toHex } from '../../src/format/bytes.ts';
import { appendLeaf, emptyFrontier, frontierRoot } from '../../src/format/merkle.ts';
import type { DeviceNumber, Version } from '../../src/format/stamp.ts';
import { digestRows } from '../../src/model/digest.ts';
import type { MemoryStorage } from '../../src/relay/memory-storage.ts';
import type { Folded } from '../../src/store/folded.ts';
import type { Store } from '../../src/store/store.ts';
import type { Actor, Committed } from './actor.ts';

export class Broken extends Error {
  override readonly name = 'Broken';
}

export class Oracle {
  readonly #storage: MemoryStorage;
  readonly #space: SpaceId;
  /** Sizes of the relay's logs as they grew: [time, log, size]. */
  readonly #grown: (readonly [at: number, log: number, size: number])[] = [];
  readonly #roots = new Map<number, Uint8Array[]>();

  constructor(storage: MemoryStorage, space: SpaceId) {
    this.#storage = storage;
    this.#space = space;
  }

  /** Looks at the relay at the moment `now`; called before anything is judged. */
  async observe(now: number): Promise<void> {
    for (const { log } of await this.#storage.readHeads(this.#space)) {
      const stored = await this.#storage.readLog(this.#space, log);
      const size = stored?.frontier.size ?? 0;
      const roots = this.#roots.get(log) ?? [frontierRoot(emptyFrontier)];
      if (roots.length <= size) {
        let frontier = emptyFrontier;
        const leaves = await this.#storage.readLeaves(this.#space, log, 1, size);
        const all: Uint8Array[] = [frontierRoot(frontier)];
        for (const leaf of leaves) {
          frontier = appendLeaf(frontier, leaf);
          all.push(frontierRoot(frontier));
        }
        roots.forEach((root, at) => {
          if (!equal(root, all[at] ?? new Uint8Array()))
            throw new Broken(`the relay rewrote log ${log} at ${at}`);
        });
        this.#roots.set(log, all);
        this.#grown.push([now, log, size]);
      }
    }
  }

  async judge(actors: readonly Actor[]): Promise<void> {
    const digests = new Map<string, string>();
    for (const actor of actors) {
      for (const surprise of actor.surprises) throw surprise;
      const { store } = actor;
      if (store === null) continue;
      for (const write of actor.committed) checkShown(store, write, actor.profile.name);
      this.#checkCursors(store, actor.profile.name);
      const status = await actor.status();
      if (status?.reasons.length === 0) this.#checkUpToDate(store, status.asOf ?? 0, actor.profile.name);
      if (store.standing.outbox.length === 0) {
        const cursors = cursorsOf(store);
        const digest = await digestOf(store);
        const other = digests.get(cursors);
        if (other !== undefined && other !== digest)
          throw new Broken(`equal cursors (${cursors}) and other rows`);
        digests.set(cursors, digest);
      }
    }
  }

  #checkCursors(store: Store, name: string): void {
    const { device, cursors, ownLog } = store.standing;
    for (const [log, cursor] of cursors) {
      const roots = this.#roots.get(log) ?? [frontierRoot(emptyFrontier)];
      const root = roots[cursor.size];
      if (root === undefined) {
        if (log !== device)
          throw new Broken(`${name} has applied ${cursor.size} of log ${log}, which has ${roots.length - 1}`);
      } else if (!equal(root, cursor.root))
        throw new Broken(`${name} has another root of log ${log} at ${cursor.size}`);
    }
    if (device !== null && ownLog.acknowledged > (this.#roots.get(device)?.length ?? 1) - 1) {
      throw new Broken(`${name} believes that ${ownLog.acknowledged} of its entries are at the relay`);
    }
  }

  #checkUpToDate(store: Store, asOf: number, name: string): void {
    const { standing } = store;
    if (standing.outbox.length > 0 || standing.sealed.length > 0)
      throw new Broken(`${name} claims too much: unsent`);
    for (const [at, log, size] of this.#grown) {
      const has = standing.cursors.get(log as DeviceNumber)?.size ?? 0;
      if (at < asOf && has < size)
        throw new Broken(`${name} claims too much: ${has} of ${size} of log ${log}`);
    }
  }
}

function checkShown(store: Store, { device, changeset }: Committed, name: string): void {
  const version: Version = { stamp: changeset.stamp, device };
  const lost = (what: string): Broken => new Broken(`${name} lost ${what} written at ${version.stamp}`);
  for (const op of changeset.ops) {
    const row = store.rows.get(op.table, op.id);
    if (row === undefined) throw lost(`row ${op.table}/${op.id}`);
    if (op.kind === 'put') {
      for (const column of op.cells.keys()) {
        const cell = row.cells.get(column);
        if (cell === undefined || isOlder(cell.version, version)) throw lost(`cell ${op.id}.${column}`);
      }
    } else {
      const mark = op.kind === 'delete' ? row.tombstone : row.restored;
      if (mark === null || isOlder(mark, version)) throw lost(`the ${op.kind} of ${op.id}`);
    }
  }
}

/** By stamp, then by device: the oracle's own word for it. */
function isOlder(a: Version, b: Version): boolean {
  return a.stamp === b.stamp ? a.device < b.device : a.stamp < b.stamp;
}

function cursorsOf(store: Store): string {
  return [...store.standing.cursors]
    .filter(([, cursor]) => cursor.size > 0)
    .sort(([a], [b]) => a - b)
    .map(([log, cursor]) => `${log}:${cursor.size}:${toHex(cursor.root).slice(0, 8)}`)
    .join(' ');
}

export function digestOf({ rows }: Pick<Folded, 'rows'>): Promise<string> {
  return digestRows(
    rows.tables().flatMap((table) => [...rows.scan(table)].map(([id, row]) => [table, id, row] as const)),
  );
}
