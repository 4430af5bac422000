import { loadPart } from '../load-part.ts';
import type { Schema } from '../model/schema.ts';
import type { DamagedSpace } from './damaged.ts';

/**
 * What can still be read of a space that `openSpace` refuses as `storage-corrupt`. Nothing is changed.
 * @throws storage-lost if nothing of it is here, storage-…, unavailable
 */
export async function readDamagedSpace<S extends Schema>(schema: S, space: string): Promise<DamagedSpace<S>> {
  return (await loadPart(() => import('./damaged.ts'))).readDamagedSpace(schema, space);
}
