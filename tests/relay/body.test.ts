/** Bodies over real HTTP: what is refused before it is read, and while it arrives (RELAY-7, RELAY-8, TEST-8). */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spaceText } from '../../src/format/bytes.ts';
import { encodeChangesRequest } from '../../src/format/wire.ts';
import { limits } from '../../src/limits.ts';
import { overHttp, refusalOf, type TestRelay, TestSpace } from './harness.ts';

let relay: TestRelay;
let space: TestSpace;
let path: string;
const body = encodeChangesRequest({ members: 0, cursors: [], beacons: false });

beforeAll(async () => {
  relay = await overHttp();
  space = await TestSpace.on(relay);
  path = `/v1/spaces/${spaceText(space.membership.space)}`;
});

afterAll(async () => {
  await relay.close();
  expect(relay.errors).toEqual([]);
});

async function post(to: string, content: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${await space.as(space.founder).token()}`;
  const all = { authorization, 'content-type': 'application/cbor', ...headers };
  return relay.fetch(path + to, { method: 'POST', headers: all, body: content, duplex: 'half' });
}

/** A body that goes on for ever unless it is stopped; says how much of it was taken. */
function endless(chunk: number): { stream: ReadableStream<Uint8Array>; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      taken += chunk;
      controller.enqueue(new Uint8Array(chunk));
    },
  });
  return { stream, taken: () => taken };
}

test('RELAY-8: a compressed body is refused, whatever it holds', async () => {
  for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'x']) {
    const answer = await post('/changes', new Uint8Array(gzipSync(body)), { 'content-encoding': encoding });
    expect(await refusalOf(answer), encoding).toEqual({ status: 415, code: 'bad-request' });
  }
  expect((await post('/changes', body, { 'content-encoding': 'identity' })).status).toBe(200);
});

test('RELAY-9: a body of another type is refused, and parameters of the type do no harm', async () => {
  for (const type of [
    'application/json',
    'text/plain',
    'application/cborx',
    '',
    'multipart/form-data; boundary=x',
  ]) {
    const answer = await post('/changes', body, { 'content-type': type });
    expect(await refusalOf(answer), type).toEqual({ status: 415, code: 'bad-request' });
  }
  expect((await post('/changes', body, { 'content-type': 'Application/CBOR; x=y' })).status).toBe(200);
});

test('TEST-8: a body that states more than its limit is refused before any of it is read', async () => {
  const address = new URL((await relay.fetch('/healthz')).url);
  const authorization = `Bearer ${await space.as(space.founder).token()}`;
  const socket = connect(Number(address.port), address.hostname);
  const head = [
    `POST ${path}/entries HTTP/1.1`,
    'Host: relay.example',
    `Authorization: ${authorization}`,
    'Content-Type: application/cbor',
    `Content-Length: ${limits.httpBodyBytes + 1}`,
    '',
    '',
  ];
  socket.write(head.join('\r\n'));
  // Not one byte of the body has been sent when the answer comes.
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString()));
    socket.once('error', reject);
  });
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test('TEST-8: a body of no stated length is cut off at its limit', async () => {
  for (const [to, limit] of [
    ['/entries', limits.httpBodyBytes],
    ['/members', limits.membershipEntryBytes + 64],
    ['/changes', 256 * 1024],
    ['/entries/read', 64 * 1024],
  ] as const) {
    const { stream, taken } = endless(64 * 1024);
    const answer = await post(to, stream).catch((error: unknown) => error);
    // The server may close the connection before the client has read the answer; either way it stops taking.
    if (answer instanceof Response) {
      expect(await refusalOf(answer), to).toEqual({ status: 413, code: 'too-large', limit });
    }
    expect(taken(), to).toBeLessThan(limit + 16 * 1024 * 1024);
  }
});

test('TEST-8: each route takes a body at its limit and refuses one a byte larger', async () => {
  for (const [to, limit] of [
    ['', limits.membershipEntryBytes],
    ['/members', limits.membershipEntryBytes + 64],
    ['/changes', 256 * 1024],
    ['/entries/read', 64 * 1024],
    ['/leaves/read', 64 * 1024],
  ] as const) {
    const at = await refusalOf(await post(to, new Uint8Array(limit)));
    expect(at, to).toMatchObject({ status: 400, code: 'malformed' });
    const beyond = await refusalOf(await post(to, new Uint8Array(limit + 1)));
    expect(beyond, to).toEqual({ status: 413, code: 'too-large', limit });
  }
});

test('RELAY-16: without a good token no body is read', async () => {
  const { stream, taken } = endless(1024);
  const answer = await relay
    .fetch(`${path}/entries`, {
      method: 'POST',
      headers: { 'content-type': 'application/cbor' },
      body: stream,
      duplex: 'half',
    })
    .catch((error: unknown) => error);
  if (answer instanceof Response) expect(answer.status).toBe(401);
  expect(taken()).toBeLessThan(16 * 1024 * 1024);
});

test('RELAY-10: a body that ends early changes nothing and breaks nothing', async () => {
  const address = new URL((await relay.fetch('/healthz')).url);
  const authorization = `Bearer ${await space.as(space.founder).token()}`;
  const socket = connect(Number(address.port), address.hostname);
  const lines = [
    `POST ${path}/changes HTTP/1.1`,
    'Host: relay.example',
    `Authorization: ${authorization}`,
    'Content-Type: application/cbor',
    'Content-Length: 1000',
    '',
    'abc',
  ];
  await new Promise<void>((resolve) => socket.write(lines.join('\r\n'), () => resolve()));
  socket.destroy();
  expect((await post('/changes', body)).status).toBe(200);
});
