/** Answers that are broken whatever they were meant to say. */
import type { Bytes } from '../../src/format/bytes.ts';
import { cborHeaders, type Exchange, type Fault, onEach, type Path, send } from './proxy.ts';

const asked: readonly Path[] = ['/changes', '/entries/read', '/entries'];
const bad = ['bad-answer'];

/** The honest answer with another body. */
function rewriting(change: (body: Bytes, path: Path) => Bytes): Fault['answer'] {
  return async (exchange) => {
    const answer = await exchange.honest();
    await send(exchange, { ...answer, body: change(answer.body, exchange.path) });
  };
}

function flipped(body: Bytes, at: number, bit = 1): Bytes {
  const copy = body.slice();
  copy[at] = (copy[at] ?? 0) ^ bit;
  return copy;
}

/** The same answer as the one before to that path, whatever was asked; the first is handed on. */
function repeating(): Fault['answer'] {
  const before = new Map<Path, Awaited<ReturnType<Exchange['honest']>>>();
  return async (exchange) => {
    const answer = before.get(exchange.path) ?? (await exchange.honest());
    before.set(exchange.path, answer);
    await send(exchange, answer);
  };
}

export function byteFaults(): Fault[] {
  return [
    // What the flipped bit meant decides how it is found out: as a body that does not decode, or as an entry that does not verify.
    ...['first', 'middle', 'last'].flatMap((where) =>
      onEach(
        ['/changes', '/entries/read'],
        `the ${where} byte flipped`,
        ['bad-answer', 'held: unavailable', 'held: unauthorized', 'well'],
        rewriting((body) =>
          flipped(body, { first: 0, middle: body.length >> 1, last: body.length - 1 }[where] ?? 0),
        ),
      ),
    ),
    ...onEach(asked, 'cut in the middle, its length with it', bad, async (exchange) => {
      const answer = await exchange.honest();
      await send(exchange, { ...answer, body: answer.body.slice(0, answer.body.length >> 1) });
    }),
    ...onEach(asked, 'broken off in the middle', ['offline'], async (exchange) => {
      const { status, headers, body } = await exchange.honest();
      exchange.reply.writeHead(status, { ...headers, 'content-length': body.length });
      await exchange.write(body.slice(0, body.length >> 1));
      exchange.reply.destroy();
    }),
    ...onEach(
      [...asked, '/beacon'],
      'a connection closed without an answer',
      ['offline'],
      async ({ reply }) => {
        reply.destroy();
      },
    ),
    ...onEach(
      asked,
      'empty',
      bad,
      rewriting(() => new Uint8Array(0)),
    ),
    ...onEach(
      asked,
      'twice over',
      bad,
      rewriting((body) => new Uint8Array([...body, ...body])),
    ),
    ...onEach(
      asked,
      'garbage',
      bad,
      rewriting((body) => body.map((byte, index) => byte ^ (index * 151 + 90))),
    ),
    ...onEach([...asked, '/beacon'], 'a page instead', bad, async (exchange) => {
      const body = new Uint8Array(Buffer.from('<!doctype html><h1>Welcome to the café</h1>'));
      await send(exchange, { status: 200, headers: { ...cborHeaders, 'content-type': 'text/html' }, body });
    }),
    ...onEach(asked, 'sent elsewhere', ['offline'], async (exchange) => {
      const headers = { ...cborHeaders, location: '/healthz' };
      await send(exchange, { status: 302, headers, body: new Uint8Array(0) });
    }),
    {
      name: 'the answers to two questions swapped',
      paths: ['/changes', '/entries/read'],
      ends: ['bad-answer', 'held: unavailable', 'well'],
      answer: swapping(),
    },
    {
      name: 'old answers',
      paths: asked,
      ends: ['held: rollback', 'bad-answer', 'held: unavailable', 'well'],
      answer: repeating(),
    },
  ];
}

/** Gives to each question the answer to the one before of another path; the first is handed on. */
function swapping(): Fault['answer'] {
  let before: Awaited<ReturnType<Exchange['honest']>> | null = null;
  return async (exchange) => {
    const answer = await exchange.honest();
    await send(exchange, before ?? answer);
    before = answer;
  };
}
