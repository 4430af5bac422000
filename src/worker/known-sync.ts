/**
 * What was known of sync when the space was open last: after a reload without a network the status still says as of
 * when everything was compared, and who had what.
 *
 *   note = [1, compared at / null, registered, [* [device, at, has ours / null]]]
 */
import { isError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { decode } from '../format/cbor.ts';
import { countOf, listOf, tupleOf } from '../format/shape.ts';
import { asDeviceNumber } from '../format/stamp.ts';
import type { Store } from '../store/store.ts';
import type { CycleState } from '../sync/cycle.ts';

export const noteName = 'sync';

/** Nothing is known. */
export const unknownSync: CycleState = {
  syncing: false,
  comparedAt: null,
  lastError: null,
  nextTryAt: null,
  registered: false,
  clockOffset: null,
  waits: null,
  heard: [],
};

export async function knownSync({ notes }: Pick<Store, 'notes'>): Promise<CycleState> {
  const bytes = await notes.read(noteName);
  if (bytes === null) return unknownSync;
  try {
    return { ...unknownSync, ...decodeNote(bytes) };
  } catch (thrown) {
    // A note of another build, or a damaged one: nothing is known then.
    if (isError(thrown, 'malformed')) return unknownSync;
    throw thrown;
  }
}

function decodeNote(bytes: Bytes): Pick<CycleState, 'comparedAt' | 'registered' | 'heard'> {
  const [version, comparedAt = null, registered, heard = []] = tupleOf(decode(bytes), 4);
  countOf(version ?? null, 1, 1);
  return {
    comparedAt: comparedAt === null ? null : countOf(comparedAt),
    registered: registered === true,
    heard: listOf(heard).map((one) => {
      const [device = null, at = null, hasOurs = null] = tupleOf(one, 3);
      return {
        device: asDeviceNumber(countOf(device, 1)),
        at: countOf(at),
        hasOurs: hasOurs === null ? null : countOf(hasOurs),
      };
    }),
  };
}
