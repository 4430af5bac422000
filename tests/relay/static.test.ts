/** RELAY-18: the served app, its policy and its caching. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inProcess, overHttp, refusalOf, type TestRelay } from './harness.ts';

const script = `console.log(${JSON.stringify('a'.repeat(5000))});`;
const files = {
  'index.html': '<!doctype html><title>Cairn</title>',
  'service-worker.js': 'self.skipWaiting();',
  'manifest.webmanifest': '{"name":"Cairn"}',
  'assets/index-BxY3k9Qa.js': script,
  'assets/worker-a1B2c3D4.js': 'postMessage(1);',
  'assets/style-0a1b2c3d.css': 'body{}',
  'icon.png': 'not really',
};

let folder: string;
let relay: TestRelay;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-static-'));
  await mkdir(join(folder, 'app', 'assets'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'app', name), text);
  await writeFile(join(folder, 'secret.txt'), 'secret');
  relay = await overHttp({ staticRoot: join(folder, 'app') });
});

afterAll(async () => {
  await relay.close();
  await rm(folder, { recursive: true, force: true });
});

test('RELAY-18: the page is served at the root with its type', async () => {
  for (const path of ['/', '/index.html', '/?x=1', '/#join=abc']) {
    const answer = await relay.fetch(path);
    expect(answer.status, path).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await answer.text()).toBe(files['index.html']);
  }
});

test('RELAY-18: page, scripts, the worker’s script and the service worker each carry the strict policy', async () => {
  for (const name of Object.keys(files)) {
    const { headers } = await relay.fetch(`/${name}`);
    const policy = headers.get('content-security-policy') ?? '';
    const directives = new Map(
      policy.split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]),
    );
    expect(directives.get('default-src'), name).toEqual(["'none'"]);
    for (const directive of ['script-src', 'style-src', 'worker-src', 'manifest-src']) {
      expect(directives.get(directive), name).toEqual(["'self'"]);
    }
    expect(directives.get('connect-src')).toEqual([
      "'self'",
      'https:',
      'http://localhost:*',
      'http://127.0.0.1:*',
    ]);
    for (const directive of ['base-uri', 'form-action', 'frame-ancestors']) {
      expect(directives.get(directive), name).toEqual(["'none'"]);
    }
    expect(policy).not.toMatch(/unsafe|\*[^;]*script/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  }
});

test('RELAY-18: what is named by its content is kept for ever, and all else is asked for anew', async () => {
  const caching = async (path: string): Promise<string | null> =>
    (await relay.fetch(path)).headers.get('cache-control');
  for (const path of [
    '/assets/index-BxY3k9Qa.js',
    '/assets/worker-a1B2c3D4.js',
    '/assets/style-0a1b2c3d.css',
  ]) {
    expect(await caching(path), path).toBe('public, max-age=31536000, immutable');
  }
  for (const path of ['/', '/index.html', '/service-worker.js', '/manifest.webmanifest', '/icon.png']) {
    expect(await caching(path), path).toBe('no-cache');
  }
  expect(await caching('/healthz')).toBe('no-store');
});

test('RELAY-18: what the browser has already is not sent again', async () => {
  const first = await relay.fetch('/');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"[\w-]{24}"$/);
  for (const known of [etag, `"other", ${etag}`]) {
    const again = await relay.fetch('/', { headers: { 'if-none-match': known } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    expect(again.headers.get('content-security-policy')).not.toBeNull();
  }
  expect((await relay.fetch('/', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

test('RELAY-18: text is compressed for those who take it, and comes out the same', async () => {
  const inner = await inProcess({ staticRoot: join(folder, 'app') });
  const get = (encoding: string): Promise<Response> =>
    inner.fetch('/assets/index-BxY3k9Qa.js', { headers: { 'accept-encoding': encoding } });
  const zipped = await get('br, gzip;q=0.8');
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(zipped.headers.get('vary')).toBe('accept-encoding');
  const bytes = new Uint8Array(await zipped.arrayBuffer());
  expect(bytes.length).toBe(Number(zipped.headers.get('content-length')));
  expect(bytes.length).toBeLessThan(script.length);
  expect(gunzipSync(bytes).toString()).toBe(script);
  for (const encoding of ['', 'br', 'gzip;q=0', 'gzip; q=0.0']) {
    const plain = await get(encoding);
    expect(plain.headers.get('content-encoding'), encoding).toBeNull();
    expect(await plain.text()).toBe(script);
  }
});

test('RELAY-18: HEAD says what GET would, without a body', async () => {
  const answer = await relay.fetch('/icon.png', { method: 'HEAD' });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-length')).toBe(String(files['icon.png'].length));
  expect(await answer.text()).toBe('');
});

test('RELAY-18: no path leads out of the folder, and what is not there is a problem', async () => {
  const { connect } = await import('node:net');
  const address = new URL((await relay.fetch('/healthz')).url);
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..\\..\\secret.txt',
    '//etc/passwd',
    '/%00',
    '/assets',
    '/assets/',
    '/constructor',
    '/__proto__',
  ]) {
    // By hand: clients tidy such paths up before they send them.
    const socket = connect(Number(address.port), address.hostname);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: relay.example\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const data of socket) text += String(data);
    expect(text, path).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(text, path).not.toContain('secret\n');
    expect(text.split('\r\n\r\n')[1]).not.toContain('secret');
  }
  expect(await refusalOf(await relay.fetch('/nothing.js'))).toEqual({ status: 404, code: 'not-found' });
});

test('RELAY-18: a relay without the app serves the API alone', async () => {
  const alone = await inProcess();
  expect((await alone.fetch('/')).status).toBe(404);
  expect((await alone.fetch('/v1/time')).status).toBe(200);
});
