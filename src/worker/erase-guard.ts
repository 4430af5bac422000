import { CairnError } from '../errors.ts';
import { type Standing, unsentCount } from '../store/standing.ts';

/**
 * Nothing that is only here is deleted before its number was seen (APP-7).
 * @throws not-allowed with `values.unsent` unless nothing is unsent or `unsentSeen` is exactly that number
 */
export function checkErase(standing: Standing, unsentSeen: number | null): void {
  const unsent = unsentCount(standing);
  if (unsent === 0 || unsent === unsentSeen) return;
  throw new CairnError('not-allowed', `${unsent} changes are only on this device`, { unsent });
}
