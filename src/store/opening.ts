import { CairnError } from '../errors.ts';
import type { Bytes, SpaceId } from '../format/bytes.ts';
import type { Database } from './database.ts';
import { emptyStanding } from './fold.ts';
import { Folded, type LoadFoldMembers } from './folded.ts';
import type { Journal } from './journal.ts';
import { ChangedRows } from './memory-table.ts';
import { corrupt, folding, readRecord } from './read-record.ts';
import type { Rows } from './rows.ts';
import { checked, withChecksum } from './saved-checksum.ts';
import { decodeStanding, encodeStanding } from './saved-fold.ts';
import type { Standing } from './standing.ts';

/**
 * Opening from what was saved: the standing goes on from the saved fold, the rows are those of its base with the journal above it merged
 * in. The result is that of folding all of the journal, wherever the saving was cut (STORE-3).
 */
export interface Opened {
  readonly folded: Folded;
  /** The position at which the fold was saved last; 0 if never. */
  readonly savedAt: number;
}

export async function foldJournal(
  database: Database,
  journal: Journal,
  space: SpaceId,
  rows: Rows,
  loadFoldMembers?: LoadFoldMembers,
): Promise<Opened> {
  const saved = await readSaved(database, space);
  if (saved !== null) await rows.ready(saved.base);
  const folded = new Folded(saved ?? emptyStanding(space), rows, loadFoldMembers);
  const savedAt = folded.standing.position;
  const { boundary } = folded.standing.base;
  const changed = new ChangedRows();
  // The last record that the base holds shows that the journal is there.
  let position = Math.max(0, boundary - 1);
  await rows.holding(async () => {
    for await (const run of journal.after(position)) {
      for (const bytes of run) {
        position += 1;
        const record = readRecord(bytes, position, space);
        if (position <= boundary) continue;
        if (position <= savedAt) folding(position, () => folded.replay(position, record));
        else {
          await folded.ready(record);
          const next = folding(position, () => folded.next(record));
          folded.advance(record, next, changed);
        }
      }
    }
  });
  if (position === Math.max(0, boundary - 1) && savedAt > 0)
    throw new CairnError('storage-lost', 'the journal is gone');
  if (position < savedAt) throw corrupt(position + 1, 'the journal ends before what was saved of it');
  return { folded, savedAt };
}

async function readSaved(database: Database, space: SpaceId): Promise<Standing | null> {
  const saved = await readSavedBytes(database, savedKey);
  const bytes = saved && (await checked(saved));
  if (bytes === null) return null;
  try {
    return decodeStanding(bytes, space);
  } catch (thrown) {
    // A damaged shortcut, in whatever way: the journal says the same.
    if (thrown instanceof CairnError) return null;
    throw thrown;
  }
}

/** Saves a standing for the next opening. */
export async function saveStanding(database: Database, standing: Standing): Promise<void> {
  await writeSavedBytes(database, savedKey, await withChecksum(encodeStanding(standing)));
}

const savedKey = 'standing';

/** What lies under a key of the store `saved`; `null` if it is nothing, or no bytes. */
export async function readSavedBytes(database: Database, key: string): Promise<Bytes | null> {
  const value: unknown = await database.read(['saved'], (transaction) =>
    transaction.objectStore('saved').get(key),
  );
  return value instanceof Uint8Array ? value.slice() : null;
}

export async function writeSavedBytes(database: Database, key: string, bytes: Bytes): Promise<void> {
  await database.write(['saved'], 'relaxed', (transaction) =>
    transaction.objectStore('saved').put(bytes, key),
  );
}
