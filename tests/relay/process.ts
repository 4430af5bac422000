/** The real relay as a process of its own: the built server over a SQLite file, ended by signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Reached } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built relay, in a folder from which Node finds our dependencies. */
export class Built {
  readonly script: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.script = join(folder, 'main.js');
  }

  static async make(): Promise<Built> {
    const folder = await mkdtemp(join(root, 'node_modules', '.relay-test-'));
    await build({
      configFile: false,
      root,
      logLevel: 'error',
      build: { ssr: 'src/relay/main.ts', outDir: folder, target: 'node20', copyPublicDir: false },
    });
    return new Built(folder);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/** How a process ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

export class RelayProcess implements Reached {
  readonly clock = { now: () => Date.now() };
  readonly origin: string;
  readonly port: number;
  readonly data: string;
  readonly #built: Built;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | null = null;
  #ended: Promise<Ended> | null = null;
  #output = '';

  private constructor(built: Built, port: number, data: string, environment: Record<string, string>) {
    this.#built = built;
    this.#environment = environment;
    this.port = port;
    this.data = data;
    this.origin = `http://localhost:${port}`;
  }

  static async start(built: Built, environment: Record<string, string> = {}): Promise<RelayProcess> {
    const data = await mkdtemp(join(tmpdir(), 'cairn-process-'));
    const relay = new RelayProcess(built, await freePort(), data, environment);
    await relay.start();
    return relay;
  }

  /** Starts the script with this environment and nothing else set. */
  static run(
    built: Built,
    environment: Record<string, string>,
  ): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [built.script], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output }));
    return { child, ended };
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('The relay does not run');
    return pid;
  }

  /** Settles when it says that it runs. */
  async start(): Promise<void> {
    const { child, ended } = RelayProcess.run(this.#built, {
      PORT: String(this.port),
      CAIRN_DATA: this.data,
      CAIRN_ORIGIN: this.origin,
      ...this.#environment,
    });
    this.#child = child;
    this.#ended = ended;
    this.#output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (text: string) => {
        this.#output += text;
        if (this.#output.includes('Cairn is running at')) resolve();
      });
      ended.then(({ output }) => reject(new Error(`The relay ended at once: ${output}`)), reject);
    });
  }

  /** Sends the signal and waits for the end. */
  async end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<Ended> {
    const ended = this.#ended;
    if (this.#child === null || ended === null) throw new Error('The relay does not run');
    this.#child.kill(signal);
    this.#child = null;
    return ended;
  }

  signal(signal: 'SIGTERM' | 'SIGINT'): Promise<Ended> {
    const ended = this.#ended;
    if (this.#child === null || ended === null) throw new Error('The relay does not run');
    this.#child.kill(signal);
    return ended;
  }

  fetch(path: string, init?: RequestInit & { duplex?: 'half' }): Promise<Response> {
    return fetch(new URL(path, `http://127.0.0.1:${this.port}`), init);
  }

  async dispose(): Promise<void> {
    if (this.#child !== null) await this.end('SIGKILL');
    await rm(this.data, { recursive: true, force: true });
  }
}

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return address.port;
}
