/**
 * A relay that lies: a real HTTP server between a device and the real relay. It hands everything on, but for the requests that its
 * fault is about; what it does with those is the fault's to say. Of one fault there is a file a family:
 *
 *   bytes       what is broken whatever it says       pace       what comes late, slowly or never
 *   logs        well-formed answers that are not true streams    event streams
 *   refusals    errors, with and without a problem    sizes      lengths, counts, and far too much
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Bytes } from '../../src/format/bytes.ts';

/** A path of the relay's API below its space. */
export type Path =
  | '/changes'
  | '/members'
  | '/entries'
  | '/entries/read'
  | '/leaves/read'
  | '/beacon'
  | '/events';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Bytes;
}

/** One request of the device, and how to answer it. */
export interface Exchange {
  readonly path: Path;
  readonly question: Bytes;
  readonly reply: ServerResponse;
  /** The relay's own answer. It has done then what it was asked. */
  honest(): Promise<Answer>;
  /** Pauses as the relay would; rejects when nobody waits for the answer any more. */
  wait(ms: number): Promise<void>;
  /** Sends a part and waits until there is room for the next; rejects when nobody reads any more. */
  write(part: Uint8Array): Promise<void>;
}

export interface Fault {
  readonly name: string;
  readonly paths: readonly Path[];
  /** How a cycle under this fault may end: by the code of its error, by the hold of a log, or well. */
  readonly ends: readonly string[];
  answer(exchange: Exchange): Promise<void>;
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']);

export class HostileProxy {
  readonly #server: Server;
  readonly #relayPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #wait: (ms: number) => Promise<void>;
  #choose: (path: Path) => Fault | null = () => null;
  /** The faults that were met, in order. */
  readonly met: string[] = [];
  /** Is called between the parts of what is large or slow: a moment to look at what that does to the device. */
  onPart: () => void = () => undefined;
  /** How many answers pause at this moment. */
  pausing = 0;

  private constructor(relayPort: number, wait: (ms: number) => Promise<void>) {
    this.#relayPort = relayPort;
    this.#wait = wait;
    this.#server = createServer((from, to) => void this.#take(from, to));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
  }

  /** `wait` is how time passes for what it sends slowly. */
  static async open(relayPort: number, wait: (ms: number) => Promise<void>): Promise<HostileProxy> {
    const proxy = new HostileProxy(relayPort, wait);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed');
    return address.port;
  }

  /** From now on requests of the fault's paths meet it. */
  fail(fault: Fault): void {
    this.choose((path) => (fault.paths.includes(path) ? fault : null));
  }

  /** From now on each request meets the fault that is chosen for it, if any. */
  choose(choose: (path: Path) => Fault | null): void {
    this.#choose = choose;
  }

  /** From now on everything is handed on. What still hangs goes on hanging. */
  heal(): void {
    this.#choose = () => null;
    this.met.length = 0;
  }

  /** Ends every connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((done) => this.#server.close(done));
  }

  async #take(from: IncomingMessage, reply: ServerResponse): Promise<void> {
    const [, path] = /^\/v1\/spaces\/[\w-]+(\/[\w/]+)$/.exec(from.url ?? '') ?? [];
    // A path that no fault knows meets none.
    const fault = path === undefined ? null : this.#choose(path as Path);
    if (fault === null) {
      this.#handOn(from, reply);
      return;
    }
    this.met.push(fault.name);
    reply.on('error', () => reply.destroy());
    const closed = new Promise<void>((resolve) => reply.once('close', resolve));
    try {
      const question = await gather(from);
      await fault.answer({
        path: path as Path,
        question,
        reply,
        honest: () => this.#ask(from, question),
        wait: (ms) => this.#pause(ms, reply, closed),
        write: (part) => this.#write(part, reply, closed),
      });
    } catch {
      reply.destroy(); // nobody waits for it any more
    }
  }

  async #pause(ms: number, reply: ServerResponse, closed: Promise<void>): Promise<void> {
    this.onPart();
    this.pausing += 1;
    try {
      await Promise.race([this.#wait(ms), closed]);
    } finally {
      this.pausing -= 1;
    }
    if (reply.destroyed) throw new Error('nobody waits for it');
  }

  async #write(part: Uint8Array, reply: ServerResponse, closed: Promise<void>): Promise<void> {
    this.onPart();
    if (reply.destroyed) throw new Error('nobody reads it');
    if (!reply.write(part)) {
      const drained = new Promise<void>((resolve) => reply.once('drain', resolve));
      await Promise.race([drained, closed]);
    }
    if (reply.destroyed) throw new Error('nobody reads it');
  }

  #handOn(from: IncomingMessage, to: ServerResponse): void {
    const onward = this.#onward(from, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => to.destroy()).pipe(to);
    });
    onward.on('error', () => to.destroy());
    to.on('close', () => onward.destroy());
    from.on('error', () => onward.destroy()).pipe(onward);
  }

  #ask(from: IncomingMessage, question: Bytes): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onward = this.#onward(from, (answer) => {
        gather(answer).then((body) => {
          const headers: Record<string, string> = {};
          for (const [name, value] of Object.entries(answer.headers)) {
            if (typeof value === 'string' && !hopByHop.has(name)) headers[name] = value;
          }
          resolve({ status: answer.statusCode ?? 502, headers, body });
        }, reject);
      });
      onward.on('error', reject).end(question);
    });
  }

  #onward(from: IncomingMessage, answered: (answer: IncomingMessage) => void) {
    const { method, url: path, headers } = from;
    return request({ host: '127.0.0.1', port: this.#relayPort, method, path, headers }, answered);
  }
}

async function gather(stream: IncomingMessage): Promise<Bytes> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

/** Sends an answer whole. */
export async function send(
  { reply }: Pick<Exchange, 'reply'>,
  { status, headers, body }: Answer,
): Promise<void> {
  reply.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

const crossOrigin = { 'access-control-allow-origin': '*' };
export const cborHeaders = { ...crossOrigin, 'content-type': 'application/cbor' };

/** A fault for each of several paths, which end the same way. */
export function onEach(
  paths: readonly Path[],
  name: string,
  ends: readonly string[],
  answer: Fault['answer'],
): Fault[] {
  return paths.map((path) => ({ name: `${name}, of ${path}`, paths: [path], ends, answer }));
}
