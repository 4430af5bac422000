import { expect, test } from 'vitest';

test('TEST-11: browser tests run in a real Chromium with IndexedDB, locks and WebCrypto Ed25519', async () => {
  expect(navigator.userAgent).toMatch(/Chrome\/\d+/);
  expect(isSecureContext).toBe(true);
  const key = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const message = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, message);
  expect(await crypto.subtle.verify('Ed25519', key.publicKey, signature, message)).toBe(true);
  expect(await navigator.locks.request('here', async (lock) => lock?.name)).toBe('here');
  expect(Array.isArray(await indexedDB.databases())).toBe(true);
});
