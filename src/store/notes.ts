import type { Bytes } from '../format/bytes.ts';
import type { Database } from './database.ts';
import { readSavedBytes } from './opening.ts';

/**
 * Small things kept beside the journal for display alone, like "up to date as of". Nothing is decided on them, they are no part
 * of the fold, and one that is lost costs nothing but the knowing. `note-writing` writes them.
 */
export class Notes {
  /** For `note-writing`, which no first row waits for. */
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  read(name: string): Promise<Bytes | null> {
    return readSavedBytes(this.database, noteKey(name));
  }
}

export const noteKey = (name: string): string => `note ${name}`;
