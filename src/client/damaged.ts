import { spaceFromText } from '../format/bytes.ts';
import { isLive } from '../model/row.ts';
import { decodeRow, type Row, type Schema, tableOf } from '../model/schema.ts';
import { salvage } from '../store/salvage.ts';
import { browserRuntime } from '../worker/browser-runtime.ts';
import type { TableName } from './space.ts';

/** What can still be read of a space that does not open. */
export interface DamagedSpace<S extends Schema> {
  /** The live rows of every table, also those whose references lead to rows that are gone. */
  readonly tables: { readonly [T in TableName<S>]: readonly Row<S, T>[] };
  /** How many records of the journal are gone or damaged. */
  readonly damaged: number;
}

export async function readDamagedSpace<S extends Schema>(schema: S, space: string): Promise<DamagedSpace<S>> {
  const { rows, damaged } = await salvage(browserRuntime(), spaceFromText(space));
  const tables: Record<string, unknown[]> = {};
  for (const table of Object.keys(schema.tables)) {
    tables[table] = [...rows.scan(table)]
      .filter(([, row]) => isLive(row))
      .map(([id, row]) => decodeRow(tableOf(schema, table), id, row));
  }
  // The rows are decoded by the columns of the schema, which are the types of `Row`.
  return { tables: tables as unknown as DamagedSpace<S>['tables'], damaged };
}
