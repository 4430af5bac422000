import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type StaticFiles, serveStatic } from '../../src/relay/static.ts';

/** Where a request is stopped: before the relay has seen it, or when the relay has answered and the device has not heard. */
export type Side = 'before-relay' | 'after-relay';

/** A path of the relay's API by its last words: `entries` is the append, `changes` what is new. */
export type Matches = (method: string, path: string) => boolean;

export const appends: Matches = (method, path) =>
  method === 'POST' && /^\/v1\/spaces\/[^/]+\/entries$/.test(path);
export const reads: Matches = (method, path) => method === 'POST' && path.endsWith('/entries/read');

/** The path to which a device tells that a thread stands frozen. Never forwarded; answered by `thaw` alone. */
export const frozenPath = '/tests-frozen';

/**
 * One device's way to the relay: a reverse proxy of its own, in front of which the device's browser maps the relay's
 * origin. It can be cut and restored for that device alone, can stop a request on either side of the relay, and keeps the
 * list of what was asked.
 */
export class Network {
  readonly #server: Server;
  readonly #relayPort: number;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #stop: { matches: Matches; side: Side; reached: () => void } | null = null;
  #passing: { matches: Matches; passed: () => void }[] = [];
  #frozen: (() => void)[] = [];
  /** Answers that frozen threads wait for. */
  #freezing: ServerResponse[] = [];
  /** The app that this device is served, if not the relay's. */
  #app: StaticFiles | null = null;
  #recorded: { matches: Matches; bodies: Buffer[] }[] = [];
  /** Requests that have come in from the device, as `METHOD path`, also those that failed. */
  readonly requests: string[] = [];

  private constructor(relayPort: number) {
    this.#relayPort = relayPort;
    this.#server = createServer((from, to) => this.#forward(from, to));
    this.#server.on('connection', (socket) => {
      if (this.#isCut) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
  }

  static async open(relayPort: number): Promise<Network> {
    const network = new Network(relayPort);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The network is closed');
    return address.port;
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore(): void {
    this.#isCut = false;
  }

  /** From now on another build of the app is what this device's server has, and none of its files are of the one before. */
  serves(app: StaticFiles): void {
    this.#app = app;
  }

  /** Stops the next request that matches, for good, and tells when it stands there. */
  stopAt(matches: Matches, side: Side): Promise<void> {
    return new Promise((reached) => {
      this.#stop = { matches, side, reached };
    });
  }

  /** Settles when the whole of the next request that matches has gone on to the relay. */
  passes(matches: Matches): Promise<void> {
    return new Promise((passed) => this.#passing.push({ matches, passed }));
  }

  /** Settles when a thread of the device reports that it stands frozen at its kill point. */
  frozen(): Promise<void> {
    return new Promise((resolve) => this.#frozen.push(resolve));
  }

  /** Lets every frozen thread go on. */
  thaw(): void {
    for (const to of this.#freezing.splice(0)) to.writeHead(204).end();
  }

  /** The bodies of requests that match from now on, each once the whole of it has come in. */
  record(matches: Matches): readonly Buffer[] {
    const bodies: Buffer[] = [];
    this.#recorded.push({ matches, bodies });
    return bodies;
  }

  /** How many requests that match have come in so far. */
  count(matches: Matches): number {
    return this.requests.filter((line) => {
      const [method = '', path = ''] = line.split(' ');
      return matches(method, path);
    }).length;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }

  #forward(from: IncomingMessage, to: ServerResponse): void {
    const method = from.method ?? 'GET';
    const path = (from.url ?? '/').replace(/\?.*$/, '');
    if (path === frozenPath) {
      this.#freezing.push(to);
      for (const resolve of this.#frozen.splice(0)) resolve();
      return;
    }
    this.requests.push(`${method} ${path}`);
    for (const { bodies } of this.#recorded.filter((one) => one.matches(method, path))) {
      const parts: Buffer[] = [];
      from.on('data', (part: Buffer) => parts.push(part));
      from.on('end', () => bodies.push(Buffer.concat(parts)));
    }
    const stop = this.#stop?.matches(method, path) ? this.#stop : null;
    if (stop) this.#stop = null;
    if (stop?.side === 'before-relay') {
      stop.reached();
      return;
    }
    if (this.#app !== null && method === 'GET' && !path.startsWith('/v1/')) {
      void answerFrom(this.#app, path, to);
      return;
    }
    const target = {
      host: '127.0.0.1',
      port: this.#relayPort,
      method,
      path: from.url,
      headers: from.headers,
    };
    const onward = request(target, (answer) => {
      if (stop) {
        // The relay has answered: it has done what it says. The device never hears of it.
        answer.resume().on('end', stop.reached);
        return;
      }
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => to.destroy()).pipe(to);
    });
    onward.on('error', () => to.destroy());
    onward.on('finish', () => {
      for (const { passed } of this.#passing.filter((one) => one.matches(method, path))) passed();
      this.#passing = this.#passing.filter((one) => !one.matches(method, path));
    });
    to.on('close', () => onward.destroy());
    from.on('error', () => onward.destroy()).pipe(onward);
  }
}

async function answerFrom(app: StaticFiles, path: string, to: ServerResponse): Promise<void> {
  const answer = serveStatic(app, new Request(new URL(path, 'http://localhost')));
  if (answer === null) {
    to.writeHead(404).end();
    return;
  }
  to.writeHead(answer.status, Object.fromEntries(answer.headers)).end(
    Buffer.from(await answer.arrayBuffer()),
  );
}
