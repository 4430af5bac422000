import { CairnError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import type { Database } from './database.ts';
import type { Durability } from './transaction.ts';

/**
 * The journal of a store: records under the positions 1, 2, 3, … of one object store, added and never changed
 * (DESIGN §7). It knows positions and bytes; what they mean is `record-codec`'s and `fold`'s.
 */
export class Journal {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds at a position that must be the next. `taken`: somebody was first, or a dropped connection hid that we were. */
  add(position: number, bytes: Bytes, durability: Durability): Promise<'added' | 'taken'> {
    return this.#database.add('journal', position, bytes, durability);
  }

  /** The records at these positions, in their order. Throws `storage-corrupt` where one is not there. */
  async getAll(positions: readonly number[]): Promise<readonly Bytes[]> {
    const values: unknown[] = await this.#database.read(['journal'], (transaction) => {
      const store = transaction.objectStore('journal');
      return Promise.all(positions.map((position) => store.get(position)));
    });
    return positions.map((position, index) => recordBytes(values[index], position));
  }

  /** The records after `position`, in runs of bounded size, to the end as it stands when the last run is read. */
  async *after(position: number): AsyncGenerator<readonly Bytes[]> {
    let reached = position;
    let count = firstRun;
    for (;;) {
      const run = await this.#run(reached, count);
      if (run.length > 0) yield run;
      if (run.length < count) return;
      reached += run.length;
      const bytes = run.reduce((sum, record) => sum + record.length, 0);
      count = Math.max(1, Math.min(greatestRun, Math.floor((runBytes * count) / Math.max(1, bytes))));
    }
  }

  async #run(reached: number, count: number): Promise<readonly Bytes[]> {
    const values: unknown[] = await this.#database.read(['journal'], (transaction) =>
      transaction.objectStore('journal').getAll(IDBKeyRange.lowerBound(reached, true), count),
    );
    return values.map((value, index) => recordBytes(value, reached + 1 + index));
  }
}

/** What one run may hold: few records first, then as many as come to about this many bytes. */
const firstRun = 16;
const greatestRun = 4096;
const runBytes = 8 * 1024 * 1024;

function recordBytes(value: unknown, position: number): Bytes {
  if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) return value as Bytes;
  throw new CairnError('storage-corrupt', `The journal holds no record at ${position}`, { position });
}
