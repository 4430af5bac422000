import { isError } from '../../src/errors.ts';

/** Errors that the faults of a run bring about. */
export function isExpected(thrown: unknown): boolean {
  return (
    isBrokenStorage(thrown) ||
    (['storage-full', 'closed', 'moved'] as const).some((code) => isError(thrown, code))
  );
}

export function isBrokenStorage(thrown: unknown): boolean {
  return (['storage-broken', 'storage-unavailable', 'storage-blocked'] as const).some((code) =>
    isError(thrown, code),
  );
}
