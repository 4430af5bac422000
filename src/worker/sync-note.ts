/**
 * Keeps what the leading tab knows of sync for the next start, in the bytes of `known-sync`; it is shown and never
 * decided on.
 */
import { encode } from '../format/cbor.ts';
import { writeNote } from '../store/note-writing.ts';
import type { Store } from '../store/store.ts';
import type { CycleState } from '../sync/cycle.ts';
import { noteName, unknownSync } from './known-sync.ts';

/** Keeps the newest state; while one is being written the ones before the newest are left out. */
export class SyncNote {
  readonly #store: Pick<Store, 'notes'>;
  #next: CycleState | null = null;
  #kept: Pick<CycleState, 'comparedAt' | 'heard'> = unknownSync;
  #writing = false;

  constructor(store: Pick<Store, 'notes'>) {
    this.#store = store;
  }

  keep(state: CycleState): void {
    if (state.comparedAt === this.#kept.comparedAt && state.heard === this.#kept.heard) return;
    this.#kept = state;
    this.#next = state;
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    for (let state = this.#next; state !== null; state = this.#next) {
      this.#next = null;
      const { comparedAt, registered, heard } = state;
      const listed = heard.map(({ device, at, hasOurs }) => [device, at, hasOurs]);
      const bytes = encode([1, comparedAt, registered, listed]);
      // Trouble with the storage is told where it matters; a note that is not kept costs nothing.
      await writeNote(this.#store.notes, noteName, bytes).catch(() => undefined);
    }
    this.#writing = false;
  }
}
