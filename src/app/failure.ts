/** What was thrown as a failure with a code. The library throws nothing but `CairnError`; anything else is a mistake of the app. */
import { CairnError, type Failure } from '../client/index.ts';

export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof CairnError) return thrown.toFailure();
  return { code: 'internal', message: String(thrown), values: {} };
}
