import { createHash } from 'node:crypto';
import Database from 'libsql';
import type { SpaceId } from '../../src/format/bytes.ts';

/** One hash over every row of every table of a relay's file, the rows of one space left out: those that may change meanwhile. */
export function storeDigest(file: string, without: SpaceId): string {
  const database = new Database(file, { readonly: true });
  try {
    const hash = createHash('sha256');
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .all([]);
    for (const table of tables) {
      const name = textIn(table);
      hash.update(`table ${name}\n`);
      // Ids of rows are given in the order of writing, in which the space that is left out takes part.
      const rows = database
        .prepare(`SELECT * FROM "${name}" WHERE substr(key, 1, 32) <> ? ORDER BY key`)
        .all([without]);
      for (const row of rows) {
        if (typeof row !== 'object' || row === null) throw new Error('A row that is none');
        for (const [column, value] of Object.entries(row)) {
          if (column === 'id') continue;
          hash.update(
            `${column} ${value instanceof ArrayBuffer ? Buffer.from(value).toString('hex') : value}\n`,
          );
        }
      }
    }
    return hash.digest('hex');
  } finally {
    database.close();
  }
}

function textIn(row: unknown): string {
  if (typeof row === 'object' && row !== null && 'name' in row && typeof row.name === 'string')
    return row.name;
  throw new Error('A table without a name');
}
