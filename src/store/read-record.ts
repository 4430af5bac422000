import { CairnError, isError } from '../errors.ts';
import type { Bytes, SpaceId } from '../format/bytes.ts';
import { decodedRecord } from './decoded.ts';
import type { JournalRecord } from './record.ts';
import { decodeRecord } from './record-codec.ts';

/**
 * Reading what the journal holds: whatever is wrong with a record is damage of the store, `storage-corrupt` with its
 * position, and is never passed over.
 */
export function readRecord(bytes: Bytes, position: number, space: SpaceId): JournalRecord {
  return folding(position, () => decodedRecord(decodeRecord(bytes, position, space).record));
}

/** Runs a step of folding what was read; whatever is wrong with the record is the store's damage, and says where. */
export function folding<T>(position: number, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    if (isError(thrown, 'newer-database')) throw thrown;
    throw corrupt(position, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

export function corrupt(position: number, what: string): CairnError {
  return new CairnError('storage-corrupt', `Journal record ${position} is damaged: ${what}`, { position });
}
