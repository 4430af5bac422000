/** Event streams that say nothing, or never stop saying it. */
import type { Exchange, Fault } from './proxy.ts';
import { pour } from './sizes.ts';

const headers = { 'access-control-allow-origin': '*', 'content-type': 'text/event-stream' };
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const gibibyte = 1024 ** 3;

const streaming =
  (work: (exchange: Exchange) => Promise<void>): Fault['answer'] =>
  async (exchange) => {
    exchange.reply.writeHead(200, headers);
    await work(exchange);
  };

/** Each ends the stream, and nothing else: events start a cycle and are never believed. */
export function streamFaults(): Fault[] {
  const of = (name: string, work: (exchange: Exchange) => Promise<void>): Fault => ({
    name,
    paths: ['/events'],
    ends: ['well'],
    answer: streaming(work),
  });
  return [
    of('cut in the middle of an event', async (exchange) => {
      await exchange.write(utf8(': listening\n\ndata: {"mem'));
      exchange.reply.destroy();
    }),
    of('ended in the middle of an event', async (exchange) => {
      await exchange.write(utf8('data: {"members": 9'));
      exchange.reply.end();
    }),
    of('garbage', async (exchange) => {
      await exchange.write(Uint8Array.from({ length: 3000 }, (_, index) => (index * 89 + 7) & 255));
      await exchange.write(utf8('\n\ndata: {"members": "many"}\n\ndata: null\n\ndata: []\n\n'));
      exchange.reply.end();
    }),
    of('a line without end', (exchange) => pour(exchange, gibibyte, utf8('x'.repeat(65_536)))),
    of('data without end', (exchange) => pour(exchange, gibibyte, utf8('data\n'.repeat(13_000)))),
    of('a gibibyte of comments', (exchange) => pour(exchange, gibibyte, utf8(': so much\n'.repeat(6_500)))),
    of('a gibibyte of line ends', (exchange) => pour(exchange, gibibyte, utf8('\n'.repeat(65_536)))),
    of('events that are not true', async (exchange) => {
      await exchange.write(
        utf8('data: {"members":9007199254740991}\n\ndata: {"log":1,"size":4000000000}\n\n'),
      );
      exchange.reply.end();
    }),
  ];
}
