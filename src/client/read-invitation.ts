/** What an invitation link says, checked as far as it goes by itself: nothing is asked and nothing is stored. */
import type { InvitationView } from './space.ts';

/**
 * @throws invitation-invalid (not a link of ours, a field out of range, a signature that does not hold),
 *   invitation-expired, newer-format (made by a newer version: update the app)
 */
export async function readInvitation(link: string): Promise<InvitationView> {
  // Loaded when it is needed: few visits of an app begin with a link, and verifying takes the crypto library.
  const { viewInvitation } = await import('../worker/invitation-view.ts');
  return viewInvitation(link, Date.now());
}
