/** STORE-22: the cookie that tells a lost space from a first visit. */
import { afterEach, expect, test } from 'vitest';
import { inProcess, refusalOf, type TestRelay } from './harness.ts';

const space = 'A'.repeat(43);
let relay: TestRelay;

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  relay.fetch(path, { method: 'PUT', headers });

afterEach(async () => {
  await relay.close();
});

test('STORE-22: the app’s own server sets a cookie that names the space, for as long as browsers allow', async () => {
  relay = await inProcess();
  const answer = await ask(`/v1/marker/${space}`, { 'sec-fetch-site': 'same-origin' });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('set-cookie')).toBe(
    `cairn-space-${space}=1; Path=/; Max-Age=34560000; SameSite=Strict; Secure`,
  );
  expect(await relay.storage.measure()).toMatchObject({ spaces: 0 });
});

test('STORE-22: over plain http, which is this machine alone, the cookie is not a secure one that the browser would drop', async () => {
  relay = await inProcess({ origin: 'http://localhost:8787' });
  expect((await ask(`/v1/marker/${space}`)).headers.get('set-cookie')).not.toContain('Secure');
});

test('STORE-22, RELAY-9: no other site can have a marker set, and what is no space has none', async () => {
  relay = await inProcess();
  for (const site of ['cross-site', 'same-site', 'none']) {
    const answer = await ask(`/v1/marker/${space}`, { 'sec-fetch-site': site });
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect((await refusalOf(answer)).code).toBe('forbidden');
  }
  for (const text of ['x', `${space}A`, `${'A'.repeat(42)};`, '%0d%0aset-cookie:x']) {
    const answer = await ask(`/v1/marker/${text}`);
    expect(answer.status, text).toBe(400);
    expect(answer.headers.get('set-cookie')).toBeNull();
  }
});

test('STORE-22: the API itself sets no cookie, and no answer of it depends on one', async () => {
  relay = await inProcess();
  const headers: Record<string, string>[] = [{}, { cookie: `cairn-space-${space}=1` }];
  const answers = headers.map(async (sent) => {
    const answer = await relay.fetch('/v1/time', { headers: sent });
    expect(answer.headers.get('set-cookie')).toBeNull();
    return [answer.status, await answer.text()];
  });
  const [without, withOne] = await Promise.all(answers);
  expect(withOne).toEqual(without);
});
