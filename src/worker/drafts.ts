/** From what the page writes to drafts: values checked and encoded by the schema, before anything is decided. */
import { CairnError } from '../errors.ts';
import type { Draft } from '../model/draft.ts';
import { checkRowId, encodePatch, encodePut, type Schema, tableOf } from '../model/schema.ts';
import type { WriteOp } from './protocol.ts';

/** @throws value-invalid naming table and column, schema-invalid for a table that is not there */
export function draftsOf(schema: Schema, ops: readonly WriteOp[]): Draft[] {
  return ops.map((op) => draftOf(schema, op));
}

function draftOf(schema: Schema, op: WriteOp): Draft {
  const { kind, table, id } = op;
  const columns = tableOf(schema, table);
  try {
    checkRowId(id);
    switch (kind) {
      case 'put':
        return { kind, table, id, cells: encodePut(columns, op.values) };
      case 'patch':
        return { kind, table, id, cells: encodePatch(columns, op.values) };
      case 'delete':
      case 'restore':
        return { kind, table, id };
    }
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    throw new CairnError(thrown.code, `table ${table}: ${thrown.message}`, { ...thrown.values, table });
  }
}
