/** Browsers of the tests leave nobody behind: what was started tied ends with who started it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { until } from '../e2e/waiting.ts';
import { spawnTied } from './tied-process.mjs';

/** A program that starts another, says the ids of both and then waits for ever. */
const family = 'sleep 1000 & echo $$ $! >&3; wait';

/** One that has ended is listed until its parent asks after it, and the parent of these is gone. */
const isEnded = (id: number): boolean => {
  try {
    return /^State:\s*Z/m.test(readFileSync(`/proc/${id}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const isHere = (id: number): boolean => {
  try {
    return process.kill(id, 0) && !isEnded(id);
  } catch {
    return false;
  }
};

async function idsFrom(stream: NodeJS.ReadableStream): Promise<number[]> {
  const [said] = await once(stream.setEncoding('utf8'), 'data');
  return String(said).trim().split(' ').map(Number);
}

test('TEST-11: what a killed process had started ends, and what that had started', async () => {
  const parent = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { spawnTied } from ${JSON.stringify(new URL('./tied-process.mjs', import.meta.url).href)};
     spawnTied('/bin/sh', ['-c', ${JSON.stringify(family)}], process.env).stdio[3].pipe(process.stdout);`,
  ]);
  const ids = await idsFrom(parent.stdout);
  expect(ids.map(isHere)).toEqual([true, true]);
  parent.kill('SIGKILL');
  await until(
    'both are gone',
    () => ids.some(isHere),
    (some) => !some,
  );
});

test('TEST-11: what a tied program leaves behind ends with it', async () => {
  const child = spawnTied('/bin/sh', ['-c', 'sleep 1000 & echo $$ $! >&3'], process.env);
  const [given] = child.stdio.slice(3);
  if (!given || !('setEncoding' in given)) throw new Error('It has no such pipe');
  const ids = await idsFrom(given);
  await until(
    'both are gone',
    () => ids.some(isHere),
    (some) => !some,
  );
});
