/** How hostile hands reach a relay: over kept connections of Node's client, or over a bare socket where that is too well-mannered. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Attack {
  /** What it tries, for a failure's message. */
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether an answer of success is no sign of harm: it reads, or repeats what was taken. */
  readonly mayPass: boolean;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

class ClosedMeanwhile extends Error {}

export class Hand {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, connections: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /**
   * A server closes a kept connection when it likes, such as one whose last body it refused and is tired of waiting for. Who asks on it at
   * that moment asks again on another, as every browser does.
   */
  async send(attack: Attack): Promise<Answer> {
    for (;;) {
      try {
        return await this.#once(attack);
      } catch (thrown) {
        if (!(thrown instanceof ClosedMeanwhile)) throw thrown;
      }
    }
  }

  #once({ method, path, headers, body }: Attack): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              type: answer.headers['content-type'] ?? '',
              body: Buffer.concat(parts).toString(),
            }),
          );
        },
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const isOld = outgoing.reusedSocket && error.code === 'ECONNRESET';
        reject(isOld ? new ClosedMeanwhile() : error);
      });
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Sends bytes as they are; gives what came back before the other side closed. Null if it closed without a word. */
export function sendRaw(port: number, bytes: string | Uint8Array): Promise<Answer | null> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    // A reset after the answer is an end as well.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(text === '' ? null : answerOf(text)));
    socket.end(bytes);
  });
}

function answerOf(text: string): Answer {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    type: /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? '',
    body,
  };
}

/** Opens a connection, sends so much and no more, and holds it. */
export function hold(port: number, bytes: string | Uint8Array): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => resolve(socket)));
    socket.once('error', reject);
    socket.on('error', () => socket.destroy());
    socket.resume();
  });
}
