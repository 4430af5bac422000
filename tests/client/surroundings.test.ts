import { expect, test } from 'vitest';
import { CairnError, createSpace, joinSpace, openSpace } from '../../src/client/index.ts';
import { schema } from './schema.ts';
import { rejection } from './waiting.ts';

test('APP-5, TEST-7: without a secure context nothing is started, and the error names what is missing', async () => {
  let started = 0;
  const worker = (): Worker => {
    started += 1;
    throw new Error('nothing may be started');
  };
  const names = { memberName: 'Ada', deviceName: 'Phone' };
  const options = { schema, worker, relay: 'https://relay.example' };
  // This process has no secure context: `isSecureContext` is a page's.
  for (const opening of [
    () => createSpace({ ...options, ...names }),
    () => openSpace({ ...options, space: 'x' }),
    () => joinSpace({ ...options, ...names, link: '#join=' }),
  ]) {
    const thrown = await rejection(opening());
    expect(thrown).toBeInstanceOf(CairnError);
    expect(thrown).toMatchObject({ code: 'not-secure', values: { missing: 'secure context' } });
  }
  expect(started).toBe(0);
});
