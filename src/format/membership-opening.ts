/** Membership entries from elsewhere: read, and every signature inside verified. */
import { type MembershipEntry, parseMembershipEntry } from './membership-entry.ts';
import { checkSignature } from './signature.ts';

/** @throws too-large, malformed, wrong-type, wrong-space, bad-signature */
export async function openMembershipEntry(bytes: Uint8Array): Promise<MembershipEntry> {
  const { entry, signatures } = parseMembershipEntry(bytes);
  await Promise.all(signatures.map(checkSignature));
  return entry;
}
