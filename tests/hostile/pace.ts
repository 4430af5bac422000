/** Answers that come late, slowly or never. */
import { type Exchange, type Fault, onEach, type Path } from './proxy.ts';

const asked: readonly Path[] = ['/changes', '/entries/read', '/entries', '/beacon'];
const bodied: readonly Path[] = ['/changes', '/entries/read', '/entries'];

async function forGood(exchange: Exchange): Promise<void> {
  for (;;) await exchange.wait(3_000);
}

export function paceFaults(): Fault[] {
  return [
    ...onEach(asked, 'no answer', ['timeout'], forGood),
    ...onEach(
      asked,
      'no answer, though the relay has done what it was asked',
      ['timeout'],
      async (exchange) => {
        await exchange.honest();
        await forGood(exchange);
      },
    ),
    ...onEach(bodied, 'half an answer', ['timeout'], async (exchange) => {
      const { status, headers, body } = await exchange.honest();
      exchange.reply.writeHead(status, { ...headers, 'content-length': body.length });
      await exchange.write(body.slice(0, body.length >> 1));
      await forGood(exchange);
    }),
    ...onEach(bodied, 'an answer in drips', ['timeout'], async (exchange) => {
      const { status, headers, body } = await exchange.honest();
      exchange.reply.writeHead(status, { ...headers, 'content-length': body.length + 1_000 });
      for (let at = 0; ; at++) {
        await exchange.write(Uint8Array.of(body[at] ?? 0));
        await exchange.wait(3_000);
      }
    }),
  ];
}
