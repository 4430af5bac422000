import { type Changeset, decodeChangeset } from '../format/changeset.ts';
import * as entry from '../format/opened-entry.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { AppliedOpened, JournalRecord, LocalRecord } from './record.ts';

/** The changesets inside records, decoded at most once: both folds and the writer of a record share the result. */

export function changesetOf(record: LocalRecord): Changeset {
  return record.decoded ?? decodeChangeset(record.changeset);
}

export function changesetsOf(applied: AppliedOpened): readonly Changeset[] {
  return applied.changesets ?? entry.changesetsOf(applied);
}

/** The record with every changeset in it decoded. Throws `malformed` where one does not decode. */
export function decodedRecord(record: JournalRecord): JournalRecord {
  switch (record.kind) {
    case 'local':
      return record.decoded ? record : { ...record, decoded: changesetOf(record) };
    case 'applied':
      return {
        ...record,
        logs: record.logs.map((run) => ({
          ...run,
          entries: run.entries.map((applied) =>
            applied.kind === 'passed' || applied.changesets
              ? applied
              : { ...applied, changesets: changesetsOf(applied) },
          ),
        })),
      };
    default:
      return record;
  }
}

/** The changes of rows in a record, in its order, each with the device that made it. */
export function* changesetsIn(
  record: JournalRecord,
): Iterable<{ readonly changeset: Changeset; readonly device: DeviceNumber }> {
  if (record.kind === 'local') yield { changeset: changesetOf(record), device: record.device };
  if (record.kind !== 'applied') return;
  for (const { log, entries } of record.logs) {
    for (const entry of entries) {
      if (entry.kind === 'passed') continue;
      for (const changeset of changesetsOf(entry)) yield { changeset, device: log };
    }
  }
}
