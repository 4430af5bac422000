/** `npm start`, as a person runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root } from '../../src/prepare.mjs';
import { freePort } from './relay-process.ts';
import { until } from './waiting.ts';

interface Started {
  readonly child: ChildProcess;
  /** Its exit code, once all that it printed is here. */
  readonly closed: Promise<number | null>;
  output(): string;
}

describe('npm start', () => {
  let data: string;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cairn-start-'));
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    await rm(data, { recursive: true, force: true });
  });

  function start(port: number): Started {
    const env = { ...process.env, PORT: String(port), CAIRN_DATA: data };
    const child = spawn(process.execPath, [join(root, 'src', 'start.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    const closed = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
    return { child, closed, output: () => text };
  }

  test('RELAY-10: prints the address at which app and API answer, and ends with code 0 when told to', async () => {
    const port = await freePort();
    const cairn = start(port);
    await until(
      'the address is printed',
      cairn.output,
      (text) => text.includes(`http://localhost:${port}`),
      60_000,
    );
    const page = await fetch(`http://localhost:${port}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await fetch(`http://localhost:${port}/readyz`)).status).toBe(200);
    cairn.child.kill('SIGTERM');
    expect(await cairn.closed).toBe(0);
  });

  test('RELAY-9: says in words that its port is taken, and ends with code 1', async () => {
    const port = await freePort();
    const first = start(port);
    await until('the first runs', first.output, (text) => text.includes('http://localhost'), 60_000);
    const second = start(port);
    expect(await second.closed).toBe(1);
    expect(second.output()).toMatch(/port/i);
    expect(second.output()).not.toMatch(/\n\s+at /);
  });
});
