import 'fake-indexeddb/auto';
import { clientSpace } from '../../src/client/client-space.ts';
import { connectDirect } from '../../src/client/direct-link.ts';
import { storedHost } from '../../src/worker/space-host.ts';
import { Origin } from '../worker/origin.ts';
import { schema } from './schema.ts';
import { describeClient } from './suite.ts';

// The whole stored space but its worker and its browser: what the same suite proves again in Chromium.
describeClient('a stored space, its host in this thread', async () => {
  const relay = 'http://127.0.0.1:4';
  const request = {
    how: 'create',
    memberName: 'Ada',
    deviceName: 'Laptop',
    schema,
    relay,
    appUrl: '',
  } as const;
  return clientSpace(schema, await connectDirect(storedHost(new Origin().openTab(), null), request));
});
