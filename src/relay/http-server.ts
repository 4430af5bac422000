/**
 * Node's HTTP server in front of the handler: what a connection may take of it before any of our code sees a request, and answers in
 * our form to what Node or its adapter would refuse by themselves (RELAY-9).
 */
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import { CairnError } from '../errors.ts';
import { toProblem } from '../format/problem.ts';
import { problemAnswer } from './body.ts';
import { commonHeaders } from './static.ts';

const limits = {
  /** The whole of a request, headers and body: 4 MiB over a poor connection take their time. */
  requestTimeout: 300_000,
  headersTimeout: 15_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1024,
  connectionsCheckingInterval: 5_000,
  // Node would refuse it without a word; the adapter does with one.
  requireHostHeader: false,
} as const;
const mostConnections = 10_000;

type Handler = (request: Request, bindings: { readonly incoming?: object }) => Promise<Response>;

export function httpServer(handler: Handler): Server {
  const listener = getRequestListener(handler, {
    overrideGlobalObjects: false,
    errorHandler: (thrown) => {
      const isRequest = thrown instanceof RequestError;
      const answer = problemAnswer(isRequest ? new CairnError('bad-request', thrown.message) : thrown);
      for (const [header, value] of Object.entries(commonHeaders)) answer.headers.set(header, value);
      return answer;
    },
  });
  const server = createServer(limits, listener);
  server.maxConnections = mostConnections;
  const answering = new WeakSet<Duplex>();
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    response.once('close', () => answering.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Nobody is there any more, or an answer may stand half written.
    if (!socket.writable || answering.has(socket)) socket.destroy();
    else refuse(error, socket);
  });
  // Whoever expects something of us gets what we do anyway.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return server;
}

/** HTTP's own statuses for what can't be read as a request. */
const statuses: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

function refuse({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  const [status, reason] = statuses[code ?? ''] ?? [400, 'Bad Request'];
  const body = JSON.stringify({ ...toProblem('bad-request', 'Not a request that can be read'), status });
  const lines = [
    `HTTP/1.1 ${status} ${reason}`,
    'connection: close',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
