import { expect, test } from 'vitest';
import { Death } from '../../src/client/death.ts';
import { CairnError } from '../../src/errors.ts';
import { rejection } from './waiting.ts';

const died = new CairnError('worker-died', 'gone');

test('APP-17: an answer that is there before the death is given, one that is not ends with the reason', async () => {
  const death = new Death();
  expect(await death.or(Promise.resolve(7))).toBe(7);
  const mine = new Error('mine');
  expect(await rejection(death.or(Promise.reject(mine)))).toBe(mine);
  const open = death.or(new Promise(() => {}));
  death.comes(died);
  expect(await rejection(open)).toBe(died);
  expect(await rejection(death.or(new Promise(() => {})))).toBe(died);
});

test('APP-17: the first reason stays, and a listener hears it once, even one that came too late', () => {
  const death = new Death();
  const heard: unknown[] = [];
  death.tell((reason) => heard.push(reason));
  death.comes(died);
  death.comes(new CairnError('closed', 'later'));
  death.tell((reason) => heard.push(reason));
  expect(heard).toEqual([died, died]);
});
