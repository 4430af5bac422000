/** Lengths and counts that are not true, and far too much of everything. */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { cborHeaders, type Exchange, type Fault, onEach, type Path } from './proxy.ts';

const bodied: readonly Path[] = ['/changes', '/entries/read', '/entries'];
const bad = ['bad-answer'];
const gibibyte = 1024 ** 3;
const zeros = new Uint8Array(64 * 1024);

/** As much as is read of it. */
export async function pour(exchange: Exchange, bytes: number, part: Uint8Array = zeros): Promise<void> {
  for (let sent = 0; sent < bytes; sent += part.length) await exchange.write(part);
  exchange.reply.end();
}

/** Gzip members one behind the other, which inflate to a thousand times as much. */
async function bomb(exchange: Exchange): Promise<void> {
  exchange.reply.writeHead(200, { ...cborHeaders, 'content-encoding': 'gzip' });
  const member = gzipSync(new Uint8Array(1024 * 1024), { level: 9 });
  await pour(exchange, member.length * 1024, member);
}

let brotli: Uint8Array | null = null;

export function sizeFaults(): Fault[] {
  return [
    ...onEach(bodied, 'a gibibyte', bad, async (exchange) => {
      exchange.reply.writeHead(200, cborHeaders);
      await pour(exchange, gibibyte);
    }),
    ...onEach(bodied, 'a gibibyte, stated', bad, async (exchange) => {
      exchange.reply.writeHead(200, { ...cborHeaders, 'content-length': gibibyte });
      await pour(exchange, gibibyte);
    }),
    ...onEach(['/changes', '/beacon'], 'a refusal of a gibibyte', bad, async (exchange) => {
      exchange.reply.writeHead(409, { ...cborHeaders, 'content-type': 'application/problem+json' });
      await pour(exchange, gibibyte, new Uint8Array(64 * 1024).fill(0x20));
    }),
    ...onEach(bodied, 'a bomb of gzip', bad, bomb),
    ...onEach(bodied, 'a bomb of brotli', bad, async (exchange) => {
      brotli ??= brotliCompressSync(new Uint8Array(256 * 1024 * 1024), {
        params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
      });
      exchange.reply.writeHead(200, { ...cborHeaders, 'content-encoding': 'br' });
      await exchange.write(brotli);
      exchange.reply.end();
    }),
    ...onEach(bodied, 'a length above what comes', ['offline'], async (exchange) => {
      const { status, headers, body } = await exchange.honest();
      exchange.reply.writeHead(status, { ...headers, 'content-length': body.length + 100 });
      await exchange.write(body);
      exchange.reply.destroy();
    }),
    ...onEach(bodied, 'a length below what comes', bad, async (exchange) => {
      const { status, headers, body } = await exchange.honest();
      const { socket } = exchange.reply;
      const lines = Object.entries({
        ...headers,
        'content-length': String(body.length - 1),
        connection: 'close',
      });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      socket?.write(`HTTP/1.1 ${status} OK\r\n${head}\r\n`);
      socket?.end(body);
    }),
    ...onEach(bodied, 'a length that is no number', ['offline', 'bad-answer', 'well'], async (exchange) => {
      const { body } = await exchange.honest();
      const { socket } = exchange.reply;
      socket?.write('HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\ncontent-length: -7\r\n\r\n');
      socket?.end(body);
    }),
    // CBOR: a list of 2³² items, a string of 4 GiB, and lists in lists.
    ...Object.entries({
      'a list of four billion': Uint8Array.of(
        0xa1,
        0x64,
        0x6c,
        0x6f,
        0x67,
        0x73,
        0x9a,
        0xff,
        0xff,
        0xff,
        0xff,
      ),
      'a string of 4 GiB': Uint8Array.of(0xa1, 0x64, 0x6c, 0x6f, 0x67, 0x73, 0x5a, 0xff, 0xff, 0xff, 0xff),
      'lists within lists': new Uint8Array(1024 * 1024).fill(0x81),
    }).flatMap(([name, body]) =>
      onEach(bodied, name, bad, async (exchange) => {
        exchange.reply.writeHead(200, cborHeaders).end(body);
      }),
    ),
    ...onEach(bodied, 'a body byte by byte', bad, async (exchange) => {
      exchange.reply.writeHead(200, cborHeaders);
      for (let i = 0; i < 5_000; i++) await exchange.write(Uint8Array.of(0));
      exchange.reply.end();
    }),
  ];
}
