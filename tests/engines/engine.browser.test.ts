import { expect, test } from 'vitest';
import { server } from 'vitest/browser';

/** What only that engine says of itself; every engine calls itself Mozilla and like the others. */
const names: Readonly<Record<string, RegExp>> = {
  chromium: /Chrome\/\d+/,
  firefox: /Gecko\/\d+ Firefox\/\d+/,
  webkit: /AppleWebKit\/[\d.]+ (?!.*Chrome)/,
};

test('TEST-11: browser tests run in the engine that they say, with IndexedDB, locks and WebCrypto Ed25519', async () => {
  expect(navigator.userAgent).toMatch(names[server.browser] ?? /no such engine/);
  expect(isSecureContext).toBe(true);
  const key = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const message = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, message);
  expect(await crypto.subtle.verify('Ed25519', key.publicKey, signature, message)).toBe(true);
  expect(await navigator.locks.request('here', async (lock) => lock?.name)).toBe('here');
  expect(Array.isArray(await indexedDB.databases())).toBe(true);
});
