/** What is true: the relay's own store, and each device's own journal folded anew beside the app. */
import { join } from 'node:path';
import Database from 'libsql';
import type { SpaceId } from '../../../src/format/bytes.ts';
import { emptyStanding } from '../../../src/store/fold.ts';
import { Folded } from '../../../src/store/folded.ts';
import { ChangedRows } from '../../../src/store/memory-table.ts';
import { readRecord } from '../../../src/store/read-record.ts';
import type { Standing } from '../../../src/store/standing.ts';
import type { Sample } from './claims.ts';

/** The sizes of all logs of the space; the membership log has number 0. */
export type Sizes = ReadonlyMap<number, number>;

/** What the relay has made durable, and since when at the latest. */
export class RelayTruth {
  readonly #database: Database.Database;
  readonly #space: Uint8Array;
  readonly #history: { readonly at: number; readonly sizes: Sizes }[] = [];

  /** `folder`: where the relay keeps its data. */
  constructor(folder: string, space: SpaceId) {
    this.#database = new Database(join(folder, 'relay.sqlite'), { readonly: true, timeout: 10_000 });
    this.#space = space;
  }

  /** What it has at this moment. */
  read(): Sizes {
    const rows: unknown[] = this.#database
      .prepare('SELECT key, size FROM logs WHERE substr(key, 1, 32) = ?')
      .all([this.#space]);
    const sizes = new Map<number, number>();
    for (const row of rows) {
      if (typeof row !== 'object' || row === null || !('key' in row) || !('size' in row)) continue;
      if (!(row.key instanceof ArrayBuffer)) continue;
      sizes.set(new DataView(row.key).getUint32(32), Number(row.size));
    }
    this.#history.push({ at: Date.now(), sizes });
    return sizes;
  }

  /** What it had at that time at the least: as it was seen last before. */
  atLeastAt(time: number): Sizes {
    return this.#history.findLast(({ at }) => at < time)?.sizes ?? new Map();
  }

  close(): void {
    this.#database.close();
  }
}

/** A device's journal, folded by the oracle itself. */
export class JournalTruth {
  readonly #space: SpaceId;
  readonly #folded: Folded;

  constructor(space: SpaceId) {
    this.#space = space;
    this.#folded = new Folded(emptyStanding(space));
  }

  get standing(): Standing {
    return this.#folded.standing;
  }

  /** Takes in what a sample found, and gives where the journal stood before and after its claims were read. */
  async take({
    before,
    after,
  }: Pick<Sample, 'before' | 'after'>): Promise<{ before: Standing; after: Standing }> {
    await this.#fold(before);
    const standing = this.standing;
    await this.#fold(after);
    return { before: standing, after: this.standing };
  }

  async #fold({ from, base64 }: Sample['before']): Promise<void> {
    for (const [index, text] of base64.entries()) {
      const position = from + index;
      if (position !== this.standing.position + 1) throw new Error(`Record ${position} out of turn`);
      const record = readRecord(new Uint8Array(Buffer.from(text, 'base64')), position, this.#space);
      await this.#folded.ready(record);
      this.#folded.advance(record, this.#folded.next(record), new ChangedRows());
    }
  }
}
