/** What a member may do, in plain words (`words`). */
import type { Role } from '../client/index.ts';

const roles: Record<Role, { readonly name: string; readonly may: string }> = {
  admin: { name: 'Admin', may: 'read, write and invite anyone' },
  writer: { name: 'Writer', may: 'read and write' },
  reader: { name: 'Reader', may: 'read only' },
};

export function roleWords(role: Role): { readonly name: string; readonly may: string } {
  return roles[role];
}
