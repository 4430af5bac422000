import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { calm } from './network.ts';
import type { Action } from './plan.ts';
import { plantedBugs } from './planted.mjs';
import { type Failure, isFailure, planOf, type Summary, shrink, simulate } from './simulation.ts';

const runner = fileURLToPath(new URL('run.mjs', import.meta.url));

/** Runs the simulator as a program; what it printed and how it ended. */
function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [runner, ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', reject);
    // Not its exit: what it printed last may still be on its way then.
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('TEST-1: the same seed gives the same run, counted step by step', async () => {
  for (const seed of [3, 4, 5, 6, 7, 8]) {
    const first = await simulate(seed);
    expect(isFailure(first)).toBe(false);
    expect(await simulate(seed)).toEqual(first);
  }
});

test('TEST-1: a plan that breaks is shrunk to the actions that break it', async () => {
  const isPart = ({ kind }: Action): boolean => kind === 'kill' || kind === 'network';
  const breaking: Action[] = [
    { kind: 'kill', device: 0, tab: 0, downMs: 10 },
    { kind: 'network', faults: calm, loseMessage: 0 },
  ];
  const noise = planOf(1).filter((action) => !isPart(action));
  const plan = [...noise, breaking[0] as Action, ...noise, breaking[1] as Action, ...noise];
  const run = async (seed: number, tried: readonly Action[] = []): Promise<Summary | Failure> => {
    if (tried.filter(isPart).length === breaking.length)
      return { seed, at: 0, error: new Error('both'), plan: tried };
    return { digest: '', counts: {} };
  };
  expect((await shrink({ seed: 1, at: 0, error: null, plan }, run)).plan).toEqual(breaking);
});

/** What one run in CI looks at. */
const seeds = 2_000;
/** It takes less than four minutes, and prints how long it took; a machine that has much else to do takes several times that. */
const patience = 900_000;

test('TEST-5, TEST-6, STORE-19: 2,000 seeds of every fault keep every promise', {
  timeout: patience,
}, async () => {
  const { code, output } = await run('--seeds', String(seeds));
  console.log(output);
  expect(output).toContain('held');
  expect(code).toBe(0);
});

for (const { name, what } of plantedBugs) {
  test(`TEST-4: the simulator catches a planted bug: ${what}`, { timeout: patience }, async () => {
    const { code, output } = await run('--seeds', String(seeds), '--planted', name, '--shrink', 'no');
    expect(output).toMatch(/seed \d+ broke at action/);
    expect(code).toBe(1);
  });
}
