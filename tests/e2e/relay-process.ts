import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, root } from '../../src/prepare.mjs';
import { until } from './waiting.ts';

/**
 * The real relay, as `npm start` runs it: the built server in a process of its own, over a SQLite file in a folder of
 * its own. It can be killed with SIGKILL at any moment and started again on the same port and file.
 */
export class RelayProcess {
  readonly port: number;
  readonly #data: string;
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(port: number, data: string) {
    this.port = port;
    this.#data = data;
  }

  static async start(): Promise<RelayProcess> {
    build();
    const relay = new RelayProcess(await freePort(), await mkdtemp(join(tmpdir(), 'cairn-relay-')));
    await relay.start();
    return relay;
  }

  /** The folder of its data. */
  get data(): string {
    return this.#data;
  }

  /** The origin of app and API. `localhost`, because browsers give it a secure context. */
  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(root, 'dist', 'relay', 'main.js')], {
      cwd: root,
      env: { ...process.env, PORT: String(this.port), CAIRN_DATA: this.#data, CAIRN_ORIGIN: this.origin },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#child = child;
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    const look = async (): Promise<boolean> => isOver() || (await this.#isReady());
    await until('the relay is ready', look, Boolean).catch(() => {});
    if (isOver() || !(await this.#isReady()))
      throw new Error(`The relay did not become ready.\n${this.#output}`);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** Kills it as a power cut would: no handler runs, nothing is flushed by it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops it where it stands: its connections stay, and nothing is answered any more. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Asks it to end, as an operator would. Returns its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  /** Starts it over a copy of its data as they are now, or as they were at an earlier copy; gives the copy of what they were. */
  async restartFrom(copy: string | null): Promise<string> {
    await this.stop();
    const kept = await mkdtemp(join(tmpdir(), 'cairn-relay-copy-'));
    await cp(this.#data, kept, { recursive: true });
    if (copy !== null) {
      await rm(this.#data, { recursive: true });
      await cp(copy, this.#data, { recursive: true });
    }
    await this.start();
    return kept;
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true });
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
