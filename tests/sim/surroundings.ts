import type { Bytes, SpaceId } from '../../src/format/bytes.ts';
import type { PageName } from '../../src/format/page-name.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { Profile } from './virtual-runtime.ts';

/** What a tab of a simulated device lives in. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly profile: Profile;
  /** Every page that a tab of the device ever wrote. */
  readonly pages: Map<PageName, Bytes>;
  /** Null before the device is in a space. */
  readonly space: SpaceId | null;
  /** Storage faults that were met, lives that ended, frozen tabs, and folds into pages. */
  readonly counts: { storageFaults: number; deaths: number; freezes: number; folds: number };
  /** Errors of no known kind: each fails the run. */
  readonly surprises: unknown[];
  /** False when a transaction of that mode finds the disk full. */
  takesRoom(mode: IDBTransactionMode): boolean;
}
