import type { Bytes } from '../format/bytes.ts';
import type { Database } from './database.ts';
import { readSavedBytes, writeSavedBytes } from './opening.ts';

/**
 * Small things kept beside the journal for display alone, like "up to date as of". Nothing is decided on them, they are no part
 * of the fold, and one that is lost costs nothing but the knowing.
 */
export class Notes {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  read(name: string): Promise<Bytes | null> {
    return readSavedBytes(this.#database, keyOf(name));
  }

  /** Takes the place of the note of that name. */
  write(name: string, bytes: Bytes): Promise<void> {
    return writeSavedBytes(this.#database, keyOf(name), bytes);
  }
}

const keyOf = (name: string): string => `note ${name}`;
