import type { Role } from '../format/role.ts';

/**
 * Who may do what (DESIGN §5). Judged at the point of the membership log where it is done, never by a time.
 *
 *   role     writes entries   invites            changes what others may
 *   admin    yes              any role           yes
 *   writer   yes              writer, reader     no
 *   reader   no               nobody             no
 */

/** True when that role may append to its device's log. */
export function mayWrite(role: Role): boolean {
  return role === 'admin' || role === 'writer';
}

/** True when `role` may invite somebody as `invited`: only an admin invites an admin. */
export function mayInvite(role: Role, invited: Role): boolean {
  switch (role) {
    case 'admin':
      return true;
    case 'writer':
      return invited !== 'admin';
    case 'reader':
      return false;
  }
}
