/** What the routes of a space work with, and how each is called. */
import type { PublicKey } from '../../format/bytes.ts';
import { callerName, type Gate, type Question } from '../authorise.ts';
import { readBody } from '../body.ts';
import type { BodyRoom } from '../body-room.ts';
import type { EventHub, RelayClock } from '../event-hub.ts';
import type { Memberships } from '../memberships.ts';
import type { Metrics } from '../metrics.ts';
import type { Storage } from '../storage.ts';

export interface SpaceParts {
  readonly storage: Storage;
  readonly clock: RelayClock;
  readonly memberships: Memberships;
  readonly gate: Gate;
  readonly hub: EventHub;
  readonly room: BodyRoom;
  readonly metrics: Metrics;
}

/** Answers one request about one space. Throws what became wrong as a `CairnError`. */
export type SpaceRoute = (parts: SpaceParts, question: Question) => Promise<Response>;

/** The body of a request whose caller is known to be one, within the limit of its route. */
export async function bodyOf(
  { metrics, room }: SpaceParts,
  { request, space }: Question,
  key: PublicKey,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const stated = Number(request.headers.get('content-length') ?? limit);
  // What says nothing true counts as the largest there may be.
  const bytes = stated >= 0 && stated <= limit ? stated : limit;
  const free = room.take(callerName(space, key), bytes);
  try {
    const body = await readBody(request, limit);
    metrics.receivedBytes += body.length;
    return body;
  } finally {
    free();
  }
}

/** So often an append is decided anew when others were faster; each time one of them got through. */
export const mostTries = 8;
