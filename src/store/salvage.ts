/**
 * What can still be read of a store that cannot be opened any more: the rows of every record that decodes, whatever lies between
 * them is damaged. Rows merge in any order, so what is left needs nothing of what is missing. Nothing is written.
 */
import { isError } from '../errors.ts';
import type { Bytes, SpaceId } from '../format/bytes.ts';
import type { Runtime } from '../runtime.ts';
import { Database } from './database.ts';
import { emptyStanding } from './fold.ts';
import { Folded } from './folded.ts';
import type { MemoryTable } from './memory-table.ts';
import { readRecord } from './read-record.ts';
import { readable } from './readable.ts';
import { databaseName } from './store.ts';

export interface Salvaged {
  readonly rows: MemoryTable;
  /** Journal records that are gone or do not decode. */
  readonly damaged: number;
}

/** @throws storage-lost if nothing is there, and what `Database.open` throws */
export async function salvage(runtime: Runtime, space: SpaceId): Promise<Salvaged> {
  const database = await Database.open(runtime, databaseName(space), { create: false });
  try {
    const folded = new Folded(emptyStanding(space));
    let read = 0;
    let last = 0;
    for await (const [key, value] of readable(database, 'journal')) {
      const position = Number(key);
      last = position;
      try {
        // What is no bytes does not decode.
        folded.replay(position, readRecord(value as Bytes, position, space));
        read += 1;
      } catch (thrown) {
        if (!isError(thrown, 'storage-corrupt') && !isError(thrown, 'malformed')) throw thrown;
      }
    }
    return { rows: folded.rows.above, damaged: last - read };
  } finally {
    await database.close();
  }
}
