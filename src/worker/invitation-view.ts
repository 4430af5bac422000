/** What an invitation link says by itself, as the page may show it: without its secret. */
import { CairnError } from '../errors.ts';
import { toBase64Url } from '../format/bytes.ts';
import { checkInvitationTime, openInvitation } from '../format/invitation.ts';
import type { Role } from './protocol.ts';

/**
 * Opens a link at wall time `now` (ms).
 * @throws invitation-invalid, invitation-expired, newer-format
 */
export async function viewInvitation(
  link: string,
  now: number,
): Promise<{ space: string; relay: string; role: Role; expires: number; uses: number }> {
  if (typeof link !== 'string') throw new CairnError('invitation-invalid', 'a link is text');
  const invitation = await openInvitation(link);
  checkInvitationTime(invitation, now);
  const { relay, role, expires, uses } = invitation;
  return { space: toBase64Url(invitation.space), relay, role, expires, uses };
}
