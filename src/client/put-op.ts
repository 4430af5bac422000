import { CairnError } from '../errors.ts';
import type { WriteOp } from '../worker/protocol.ts';
import { makeRowId } from './row-id.ts';

/** A put of a whole row, with an id made if it has none. */
export function putOp(table: string, row: Readonly<Record<string, unknown>>): WriteOp {
  const { id = makeRowId(), ...values } = row;
  if (typeof id !== 'string')
    throw new CairnError('value-invalid', `${table}.id must be text`, { table, column: 'id' });
  return { kind: 'put', table, id, values };
}
