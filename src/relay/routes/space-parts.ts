/** What the routes of a space work with, and how each is called. */
import type { Gate, Question } from '../authorise.ts';
import { readBody } from '../body.ts';
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
  readonly metrics: Metrics;
}

/** Answers one request about one space. Throws what became wrong as a `CairnError`. */
export type SpaceRoute = (parts: SpaceParts, question: Question) => Promise<Response>;

/** The body of a request whose caller is known to be one, within the limit of its route. */
export async function bodyOf(
  { metrics }: SpaceParts,
  { request }: Question,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = await readBody(request, limit);
  metrics.receivedBytes += body.length;
  return body;
}

/** So often an append is decided anew when others were faster; each time one of them got through. */
export const mostTries = 8;
