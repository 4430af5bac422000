/**
 * The relay: one handler from a `Request` to a `Response`, over a storage and a clock that are handed in. The server
 * (main.ts) and the simulator run this very handler; it starts no timer and touches no global by itself.
 *
 *   POST /v1/spaces/:space                create              GET  /v1/time       the relay's clock, no token
 *   POST /v1/spaces/:space/changes        what is new         GET  /healthz       the process answers
 *   POST /v1/spaces/:space/members        append              GET  /readyz        it serves requests
 *   POST /v1/spaces/:space/entries        append              GET  /metrics       for Prometheus
 *   POST /v1/spaces/:space/entries/read   ranges of logs      GET  /…             the built app
 *   POST /v1/spaces/:space/leaves/read    leaf hashes
 *   PUT  /v1/spaces/:space/beacon                             PUT  /v1/marker/:space   a cookie, no token
 *   GET  /v1/spaces/:space/events         server-sent events
 *
 * Each answer that is no success is a problem document with a stable code (RELAY-9). Any origin may use the API
 * (RELAY-18): tokens are in a header that no browser sends by itself, so another page can only ask for what it has the key for.
 */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { CairnError } from '../errors.ts';
import { asHash, spaceFromText } from '../format/bytes.ts';
import { encodeTimeAnswer } from '../format/wire.ts';
import { Gate } from './authorise.ts';
import { cborAnswer, isOurFault, problemAnswer } from './body.ts';
import { BodyRoom } from './body-room.ts';
import { EventHub, type RelayClock } from './event-hub.ts';
import { setMarker } from './marker.ts';
import { Memberships } from './memberships.ts';
import { Metrics } from './metrics.ts';
import { defaultRates, type Rates } from './rate-limit.ts';
import { appendEntries } from './routes/append.ts';
import { putBeacon } from './routes/beacon.ts';
import { changes } from './routes/changes.ts';
import { events } from './routes/events.ts';
import { appendMember } from './routes/members.ts';
import { readEntries, readLeaves } from './routes/read.ts';
import type { SpaceParts, SpaceRoute } from './routes/space-parts.ts';
import { createSpace } from './routes/spaces.ts';
import { commonHeaders, readStatic, serveStatic } from './static.ts';
import { membershipLog, type Storage } from './storage.ts';

export interface RelayOptions {
  readonly storage: Storage;
  readonly clock: RelayClock;
  /** The public origin, which tokens name. */
  readonly origin: string;
  /** The folder of the built app; without one only the API is served. */
  readonly staticRoot?: string;
  readonly rates?: Rates;
  /** Hears of errors that are the relay's own fault. */
  readonly report?: (error: unknown) => void;
}

/** Where a request came from, as far as the server knows. */
export interface Source {
  readonly address: string;
}

export interface Relay {
  fetch(request: Request, source?: Source): Promise<Response>;
  /** From now on not ready, and event streams end; other requests are still answered. */
  drain(): void;
}

const spaceRoutes: readonly (readonly [method: 'GET' | 'POST' | 'PUT', path: string, route: SpaceRoute])[] = [
  ['POST', '', createSpace],
  ['POST', '/changes', changes],
  ['POST', '/members', appendMember],
  ['POST', '/entries', appendEntries],
  ['POST', '/entries/read', readEntries],
  ['POST', '/leaves/read', readLeaves],
  ['PUT', '/beacon', putBeacon],
  ['GET', '/events', events],
];

const noSpace = asHash(new Uint8Array(32));

export function createRelay(options: RelayOptions): Relay {
  const { storage, clock, origin, staticRoot, rates = defaultRates, report = () => undefined } = options;
  const memberships = new Memberships(storage);
  const gate = new Gate(memberships, origin, rates, () => clock.now());
  const hub = new EventHub(clock, (space, key) => gate.isDevice(space, key));
  const metrics = new Metrics();
  const parts: SpaceParts = { storage, clock, memberships, gate, hub, metrics, room: new BodyRoom() };
  const files = staticRoot === undefined ? new Map() : readStatic(staticRoot);
  let draining = false;

  const app = new Hono<{ Bindings: Source }>();

  /** Runs a route, makes what it throws a problem, and counts. */
  const answer = async (name: string, run: () => Promise<Response>): Promise<Response> => {
    let response: Response;
    try {
      response = await run();
    } catch (thrown) {
      if (isOurFault(thrown)) report(thrown);
      response = problemAnswer(thrown);
    }
    for (const [header, value] of Object.entries(commonHeaders)) response.headers.set(header, value);
    metrics.countRequest(name, response.status);
    metrics.sentBytes += Number(response.headers.get('content-length') ?? 0);
    return response;
  };

  app.use(
    '/v1/*',
    cors({
      origin: '*',
      allowMethods: ['GET', 'POST', 'PUT'],
      allowHeaders: ['authorization', 'content-type'],
      exposeHeaders: ['retry-after'],
      maxAge: 86_400,
    }),
  );
  for (const [method, path, route] of spaceRoutes) {
    const pattern = `/v1/spaces/:space${path}`;
    app.on(method, pattern, (c) =>
      answer(pattern, async () => {
        const space = spaceFromText(c.req.param('space') ?? '');
        return route(parts, { request: c.req.raw, space, address: c.env.address });
      }),
    );
  }
  app.put('/v1/marker/:space', (c) =>
    answer('/v1/marker/:space', async () =>
      setMarker(c.req.raw, spaceFromText(c.req.param('space')), origin.startsWith('https:')),
    ),
  );
  app.get('/v1/time', () =>
    answer('/v1/time', async () => cborAnswer(encodeTimeAnswer({ now: clock.now() }))),
  );

  app.get('/healthz', () => answer('/healthz', async () => plain('ok\n')));
  app.get('/readyz', () =>
    answer('/readyz', async () => {
      if (draining) throw new CairnError('closed', 'The relay is going down');
      await storage.readLog(noSpace, membershipLog);
      return plain('ready\n');
    }),
  );
  app.get('/metrics', () =>
    answer('/metrics', async () => {
      const usage = await storage.measure().catch(() => null);
      return plain(metrics.text({ streams: hub.count, usage, ready: !draining }));
    }),
  );

  app.notFound((c) =>
    answer('other', async () => {
      const { method } = c.req;
      const file = method === 'GET' || method === 'HEAD' ? serveStatic(files, c.req.raw) : null;
      if (file === null) throw new CairnError('not-found', 'No such path');
      return file;
    }),
  );

  return {
    fetch: async (request, source) => app.fetch(request, source ?? { address: 'unknown' }),
    drain: () => {
      draining = true;
      hub.close();
    },
  };
}

function plain(text: string): Response {
  return new Response(text, {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
}
