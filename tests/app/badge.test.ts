import { expect, test } from 'vitest';
import { showUnsent } from '../../src/app/badge.ts';
import { schema } from '../../src/app/schema.ts';
import { memorySpace } from '../../src/client/index.ts';

test('APP-8: the badge is the number of changes that are only here, told once for each number, and gone with the last', async () => {
  const space = await memorySpace(schema);
  const told: (number | 'none')[] = [];
  const badge = {
    setAppBadge: async (count: number) => void told.push(count),
    clearAppBadge: async () => void told.push('none'),
  };
  const base = space.status.value;
  let listener = (_: typeof base): void => undefined;
  let value = { ...base, unsent: 0 };
  const status = {
    get value() {
      return value;
    },
    subscribe: (given: typeof listener) => {
      listener = given;
      return () => {
        listener = () => undefined;
      };
    },
  };
  const stop = showUnsent(status, badge);
  for (const unsent of [0, 1, 1, 3, 0]) {
    value = { ...base, unsent };
    listener(value);
  }
  stop();
  value = { ...base, unsent: 9 };
  listener(value);
  expect(told).toEqual(['none', 1, 3, 'none']);
  await space.close();
});

test('a browser without badges, or one that refuses them, is no error', async () => {
  const space = await memorySpace(schema);
  showUnsent(space.status, {})();
  let refused = 0;
  const refuse = async (): Promise<void> => {
    refused += 1;
    throw new DOMException('not allowed', 'NotAllowedError');
  };
  showUnsent(space.status, { setAppBadge: refuse, clearAppBadge: refuse })();
  expect(refused).toBe(1);
  await space.close();
});
