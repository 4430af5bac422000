import { type Bytes, equal, type Hash, toHex } from '../format/bytes.ts';
import { appendLeaves, emptyFrontier, emptyRoot, frontierRoot } from '../format/merkle.ts';
import { limits } from '../limits.ts';
import type { SyncContext } from './context.ts';
import { leavesInSteps } from './source.ts';

/** How long after looking into the past once it is looked into again, on the monotonic clock. */
const lookAgainMs = 10 * 60_000;
const mostLeaves = 16 * limits.leavesPerStep;

/**
 * The roots of our own log at earlier sizes, to judge what others say they have of it (PUSH-9). Those of this turn are
 * remembered; older ones follow from the leaf hashes, which the relay may give because they must lead to our own root.
 */
export class OwnRoots {
  readonly #roots = new Map<number, string>([[0, toHex(emptyRoot)]]);
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** Notes where our log ends now. */
  note(ctx: SyncContext): void {
    const { cursor } = ctx.store.standing.ownLog;
    if (cursor !== null) this.#roots.set(cursor.size, toHex(cursor.root));
  }

  /** True or false when the root at that size is known; null when it is not. */
  isOurs(size: number, root: Bytes): boolean | null {
    const known = this.#roots.get(size);
    return known === undefined ? null : known === toHex(root);
  }

  /** Finds out the roots at these sizes, where they can be found out now. */
  async learn(ctx: SyncContext, sizes: readonly number[], signal: AbortSignal): Promise<void> {
    const { device, ownLog } = ctx.store.standing;
    const { cursor, acknowledged } = ownLog;
    const unknown = sizes.filter((size) => size < acknowledged && !this.#roots.has(size));
    const now = ctx.runtime.monotonic();
    if (unknown.length === 0 || device === null || cursor === null || cursor.size !== acknowledged) return;
    if (now - this.#lookedAt < lookAgainMs || acknowledged > mostLeaves) return;
    this.#lookedAt = now;
    const leaves = await leavesInSteps(ctx.source, { log: device, start: 1, end: acknowledged }, signal);
    const wanted = new Set(unknown);
    const found = rootsAlong(leaves, wanted);
    if (!equal(found.end, cursor.root)) return; // not our log: it tells nothing of it
    for (const [size, root] of found.roots) this.#roots.set(size, toHex(root));
  }
}

function rootsAlong(
  leaves: readonly Hash[],
  sizes: ReadonlySet<number>,
): { readonly roots: ReadonlyMap<number, Hash>; readonly end: Hash } {
  const roots = new Map<number, Hash>();
  let frontier = emptyFrontier;
  for (const size of [...sizes].sort((a, b) => a - b)) {
    frontier = appendLeaves(frontier, leaves.slice(frontier.size, size));
    roots.set(size, frontierRoot(frontier));
  }
  return { roots, end: frontierRoot(appendLeaves(frontier, leaves.slice(frontier.size))) };
}
