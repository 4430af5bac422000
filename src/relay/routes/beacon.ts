/**
 * `PUT /v1/spaces/:space/beacon`: the caller's own beacon, kept until a newer one comes (RELAY-15). One that is older than what
 * is here is answered alike: it has been overtaken.
 *
 * Its cursors are of devices that the membership log has made, each once, as its format says: so a beacon grows with the space and
 * not with the wish of who sends it.
 */
import { CairnError } from '../../errors.ts';
import { openBeacon } from '../../format/beacon.ts';
import { equal } from '../../format/bytes.ts';
import { limits } from '../../limits.ts';
import { claimVerdict } from '../../model/verdict.ts';
import { bodyOf, type SpaceRoute } from './space-parts.ts';

export const putBeacon: SpaceRoute = async (parts, question) => {
  const { space } = question;
  const { storage, hub, clock } = parts;
  const caller = await parts.gate.device(question);
  const bytes = await bodyOf(parts, question, caller.key, limits.signedObjectBytes);
  const { beacon, key } = await openBeacon(bytes, space);
  const { device, at, members, cursors } = beacon;
  if (!equal(key, caller.key)) throw new CairnError('bad-signature', 'Not signed by the device that asks');
  if (device !== caller.device.number) {
    throw new CairnError('bad-request', `A beacon of device ${device} from device ${caller.device.number}`);
  }
  const unknown = cursors.find((cursor) => !caller.membership.state.devices.has(cursor.device));
  if (unknown !== undefined) {
    throw new CairnError(
      'bad-request',
      `A beacon with a cursor of device ${unknown.device}, which is not there`,
    );
  }
  const now = clock.now();
  // Further ahead it would stand in the way of all true ones until then.
  if (at > now + limits.clockAheadMs) throw new CairnError('clock-ahead', 'A beacon from ahead', { now });
  if (claimVerdict(caller.membership.state, members) === 'disagrees') {
    throw new CairnError('bad-root', 'The beacon names another membership log', { members: members.size });
  }
  if (await storage.putBeacon(space, { device, at, beacon: bytes }))
    hub.publish(space, { beacon: device }, key);
  return new Response(null, { status: 204 });
};
