/**
 * A space for the tests of apps (APP-19): the same merge, queries, transactions and live queries as a stored one,
 * over a journal in memory. It needs no worker, network or browser, and nothing of it remains.
 */
import type { Schema } from '../model/schema.ts';
import { clientSpace } from './client-space.ts';
import { connectDirect } from './direct-link.ts';
import type { Space } from './space.ts';

/** A space with no rows whose only device is this one. Its status never counts anything as sent: there is no relay. */
export async function memorySpace<S extends Schema>(schema: S): Promise<Space<S>> {
  // Loaded when it is needed, so that an app that is not a test does not carry it.
  const { memoryHost } = await import('../worker/memory-host.ts');
  const request = { how: 'open', space: 'memory', schema, relay: '', appUrl: '' } as const;
  return clientSpace(schema, await connectDirect(memoryHost(), request));
}
