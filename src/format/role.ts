import { CairnError } from '../errors.ts';
import type { CborValue } from './cbor.ts';

/** What a member may be (DESIGN §5); `permission` says what each may do. */
export type Role = 'admin' | 'writer' | 'reader';

const roles: readonly Role[] = ['admin', 'writer', 'reader'];

/** True for exactly the three roles; nothing else is ever read as one of them. */
export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/** @throws malformed for a role that we do not know: it is never read as another (MEM-7) */
export function roleOf(value: CborValue): Role {
  if (isRole(value)) return value;
  throw new CairnError('malformed', 'An unknown role');
}
