import { describe, expect, test } from 'vitest';
import { Source } from '../src/observable.ts';

describe('an observable', () => {
  test('APP-8: a listener hears the value now and each other one after it, and nothing twice', () => {
    const source = new Source(1);
    const heard: number[] = [];
    const stop = source.subscribe((value) => heard.push(value));
    source.set(2);
    source.set(2);
    source.set(3);
    stop();
    source.set(4);
    expect(heard).toEqual([1, 2, 3]);
    expect(source.value).toBe(4);
  });

  test('APP-8: a listener that unsubscribes another while both are being told silences it at once', () => {
    const source = new Source(1);
    const heard: string[] = [];
    let stop = (): void => {};
    source.subscribe((value) => {
      heard.push(`first ${value}`);
      if (value === 2) stop();
    });
    stop = source.subscribe((value) => heard.push(`second ${value}`));
    source.set(2);
    expect(heard).toEqual(['first 1', 'second 1', 'first 2']);
  });

  test('APP-18: a listener that throws keeps no other from hearing, and its error is not swallowed', async () => {
    const source = new Source(1);
    const mine = new Error('mine');
    const uncaught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other);
        resolve(error);
      });
    });
    const heard: number[] = [];
    source.subscribe((value) => {
      if (value === 2) throw mine;
    });
    source.subscribe((value) => heard.push(value));
    source.set(2);
    expect(heard).toEqual([1, 2]);
    expect(await uncaught).toBe(mine);
  });
});
