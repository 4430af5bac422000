/**
 * Inviting: an `invite` entry in the membership log, and the link whose secret answers it.
 *
 * 1. The link is given out only when the entry was pulled back in the verified log; its floor is that log (JOIN-1).
 * 2. An entry is appended behind the log as the relay has it, and never while ours waits for an update (PUSH-13).
 * 3. The secret is in the link alone: nothing of it is stored or sent.
 */
import { keyPairFromSecret } from '../crypto/keys.ts';
import { CairnError, isError } from '../errors.ts';
import { makeInvitationLink } from '../format/invitation.ts';
import { makeInvite } from '../format/membership-making.ts';
import { limits } from '../limits.ts';
import {
  canInvite,
  expiresAt,
  invitationByKey,
  newestEpoch,
  nextMembershipStamp,
  type Role,
  rootAt,
} from '../model/membership.ts';
import type { SyncContext } from './context.ts';
import { learn } from './members.ts';
import { membershipTime } from './membership-time.ts';

export interface InviteTerms {
  readonly role: Role;
  readonly uses: number;
  /** How long it lasts, ms. */
  readonly lifeMs: number;
  /** Address of the app, without a fragment. */
  readonly appUrl: string;
}

export interface Invited {
  readonly link: string;
  /** Its last moment, ms. */
  readonly expires: number;
}

/** So often the entry is written anew because someone else's came first. */
const mostTries = 8;
const secretLength = 32;

/**
 * Needs the relay. @throws not-allowed; value-invalid for terms out of range; newer-format while the membership log waits for an
 *   update; cannot-open without the newest epoch's key; clock-ahead while our clock and the relay's differ; what the relay's
 *   answers throw
 */
export async function invite(ctx: SyncContext, terms: InviteTerms, signal: AbortSignal): Promise<Invited> {
  checkTerms(terms);
  const secret = ctx.runtime.randomBytes(secretLength);
  const pair = await keyPairFromSecret(secret);
  for (let tries = 0; tries < mostTries; tries++) {
    await learn(ctx, false, signal);
    const { membership } = ctx.store.standing;
    const invitation = invitationByKey(membership, pair.sign);
    const root = rootAt(membership, membership.size);
    if (invitation !== undefined && root !== undefined) {
      const expires = expiresAt(invitation);
      const { role, uses, appUrl } = terms;
      const floor = { size: membership.size, root };
      const { signer, relay } = ctx;
      const parts = {
        relay: relay.url,
        space: relay.space,
        role,
        expires,
        uses,
        floor,
        secret,
        signer,
        appUrl,
      };
      return { link: await makeInvitationLink(parts), expires };
    }
    await append(ctx, await makeEntry(ctx, terms, pair), membership.size, signal);
  }
  throw new CairnError('unavailable', 'The membership log is too busy to be written to');
}

function checkTerms({ uses, lifeMs }: InviteTerms): void {
  if (!isWithin(uses, limits.invitationUses)) {
    throw new CairnError('value-invalid', `An invitation has 1 to ${limits.invitationUses} uses`, { uses });
  }
  if (!isWithin(lifeMs, limits.invitationLifeMs)) {
    throw new CairnError('value-invalid', 'An invitation lasts 30 days at most', { lifeMs });
  }
}

const isWithin = (value: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= 1 && value <= most;

async function makeEntry(
  ctx: SyncContext,
  { role, uses, lifeMs }: InviteTerms,
  key: Parameters<typeof makeInvite>[0]['key'],
) {
  const { store, signer, runtime, relay } = ctx;
  const { membership, device } = store.standing;
  if (device === null || !canInvite(membership, device, role)) {
    throw new CairnError('not-allowed', `This device may not invite a ${role}`);
  }
  if (membership.hold !== null) {
    throw new CairnError('newer-format', 'The membership log waits for a newer version of the app');
  }
  const now = membershipTime(runtime, relay.clock);
  const epoch = newestEpoch(membership)?.number;
  const root = rootAt(membership, membership.size);
  const epochKey = epoch === undefined ? undefined : store.keyring.epochs.get(epoch);
  if (epoch === undefined || root === undefined || epochKey === undefined) {
    throw new CairnError('cannot-open', 'The newest key of the space is not here yet');
  }
  return makeInvite({
    before: { space: store.space, size: membership.size, root },
    signer,
    key,
    role,
    life: lifeMs,
    uses,
    epoch,
    epochKey,
    stamp: nextMembershipStamp(membership, now),
    randomBytes: (length) => runtime.randomBytes(length),
  });
}

async function append(
  ctx: SyncContext,
  entry: Uint8Array<ArrayBuffer>,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await ctx.relay.appendMember({ size, entry }, signal);
  } catch (thrown) {
    // Someone was first: read on, and write it anew behind theirs.
    if (!isError(thrown, 'size-mismatch')) throw thrown;
  }
}
