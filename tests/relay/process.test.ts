/** RELAY-10: how the process starts, and how it goes. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spaceText } from '../../src/format/bytes.ts';
import { encodeEntriesAppend } from '../../src/format/wire.ts';
import { TestSpace } from './harness.ts';
import { OwnLog } from './people.ts';
import { Built, freePort, RelayProcess } from './process.ts';

let built: Built;
let folder: string;

beforeAll(async () => {
  built = await Built.make();
  folder = await mkdtemp(join(tmpdir(), 'cairn-start-'));
}, 120_000);

afterAll(async () => {
  await built?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Runs it with settings under which it can't start. */
async function refusedStart(environment: Record<string, string>): Promise<string> {
  const { code, output } = await RelayProcess.run(built, { CAIRN_DATA: folder, ...environment }).ended;
  expect(code).toBe(1);
  return output;
}

describe('starting', () => {
  test('RELAY-10: it says where it runs', async () => {
    const relay = await RelayProcess.start(built);
    expect(relay.output).toContain(`Cairn is running at ${relay.origin}\n`);
    expect((await relay.fetch('/readyz')).status).toBe(200);
    await relay.dispose();
  });

  test('RELAY-10: a wrong setting, a taken port and a file that is no database are each said in one line', async () => {
    expect(await refusedStart({ PORT: 'x' })).toBe(
      'Cairn could not start: PORT must be a number from 1 to 65535, not "x".\n',
    );
    expect(await refusedStart({ CAIRN_ORIGIN: 'cairn' })).toMatch(
      /^Cairn could not start: CAIRN_ORIGIN must be .*\n$/,
    );
    const relay = await RelayProcess.start(built);
    expect(await refusedStart({ PORT: String(relay.port) })).toBe(
      'Cairn could not start: Another program already listens on this port. Set PORT to a free one.\n',
    );
    await relay.dispose();
    const file = join(folder, 'text.sqlite');
    await writeFile(file, 'This is a letter and no database. '.repeat(1000));
    const output = await refusedStart({ PORT: String(await freePort()), CAIRN_DATA: file });
    expect(output).toMatch(/^Cairn could not start: .*text\.sqlite.*\n$/);
    await writeFile(join(folder, 'taken'), '');
    const inFile = await refusedStart({
      PORT: String(await freePort()),
      CAIRN_DATA: join(folder, 'taken', 'x'),
    });
    expect(inFile).toMatch(/^Cairn could not start: /);
    await chmod(file, 0o600);
  });
});

/**
 * A request of which the last part is sent by hand. A whole one goes before it in the same piece of bytes: when that is answered, the
 * relay has the connection and what there is of the request, however busy the machine is.
 */
async function half(relay: RelayProcess, text: string): Promise<{ socket: Socket; answer: Promise<string> }> {
  const socket = connect(relay.port, '127.0.0.1');
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n${text}`);
  let answer = '';
  await new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (data: string) => {
      answer += data;
      if (answer.endsWith('ok\n')) resolve();
    });
  });
  answer = '';
  return { socket, answer: closed.then(() => answer) };
}

/** Waits until new connections are refused: the signal has been taken. */
async function refusesConnections(relay: RelayProcess): Promise<void> {
  await expect
    .poll(
      async () => {
        const socket = connect(relay.port, '127.0.0.1');
        const [outcome] = await Promise.race([
          once(socket, 'connect').then(() => ['open']),
          once(socket, 'error').then(() => ['refused']),
        ]).catch(() => ['refused']);
        socket.destroy();
        return outcome;
      },
      { timeout: 30_000 },
    )
    .toBe('refused');
}

describe('going', () => {
  test('RELAY-10: on SIGTERM it is not ready any more, streams end, and an append in flight finishes whole', async () => {
    const relay = await RelayProcess.start(built);
    const space = await TestSpace.on(relay);
    const writer = await space.add('writer');
    const log = new OwnLog(space.membership, space.founder);
    const body = encodeEntriesAppend(await space.nextAppend(log, 3, 5000));
    const token = await space.as(space.founder).token();
    const head = [
      `POST /v1/spaces/${spaceText(space.membership.space)}/entries HTTP/1.1`,
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/cbor',
      `Content-Length: ${body.length}`,
      '',
      '',
    ].join('\r\n');
    const append = await half(relay, head);
    await new Promise<void>((resolve) => append.socket.write(body.subarray(0, 7000), () => resolve()));
    const ready = await half(relay, 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n');
    const events = await space.as(writer).ask('GET', '/events');
    const ended = relay.signal('SIGTERM');
    await refusesConnections(relay);
    expect(await events.text()).toContain(': listening');
    ready.socket.write('\r\n');
    append.socket.write(body.subarray(7000));
    expect(await ready.answer).toMatch(/^HTTP\/1\.1 503 .*"code":"unavailable"/s);
    expect(await append.answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ended).toMatchObject({ code: 0, signal: null });
    await relay.start();
    const { logs } = await space.as(writer).read({ log: log.log, start: 1, end: 3 });
    expect(logs[0].entries).toEqual(log.entries);
    await relay.dispose();
  });

  test('RELAY-10: SIGINT ends it as well, and a second signal at once, whatever is in flight', async () => {
    const relay = await RelayProcess.start(built);
    expect(await relay.end('SIGINT')).toMatchObject({ code: 0 });
    await relay.start();
    const stuck = await half(relay, 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n');
    const ended = relay.signal('SIGTERM');
    await refusesConnections(relay);
    void relay.signal('SIGTERM');
    expect(await ended).toMatchObject({ code: 1 });
    stuck.socket.destroy();
    await relay.start();
    expect((await relay.fetch('/readyz')).status).toBe(200);
    await relay.dispose();
  });
});
