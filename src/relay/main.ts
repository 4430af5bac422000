/**
 * The relay as a process: Node's HTTP server in front of the handler of app.ts, a SQLite file behind it (docs/relay.md).
 *
 * On SIGTERM or SIGINT readiness turns false first; then event streams end, no connection is taken any more, requests in
 * flight finish within ten seconds or fail whole, and the store is closed (RELAY-10). A second signal ends it at once: what was
 * acknowledged is on the disk anyway.
 */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CairnError } from '../errors.ts';
import { createRelay } from './app.ts';
import type { RelayClock } from './event-hub.ts';
import { httpServer } from './http-server.ts';
import { dataFile, readSettings, SettingError, type Settings } from './settings.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const clock: RelayClock = {
  now: () => Date.now(),
  setTimer: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

export interface OpenedRelay {
  /** `bindings` is what @hono/node-server hands in. */
  fetch(request: Request, bindings?: { readonly incoming?: object }): Promise<Response>;
  drain(): void;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly origin: string;
  /** The SQLite file, or a folder for it; made if it is not there. */
  readonly data: string;
  readonly staticRoot?: string;
  readonly behindProxy?: boolean;
}

/** A relay over a SQLite file, without a server: also what the dev server runs. */
export function openRelay({ origin, data, staticRoot, behindProxy = false }: OpenOptions): OpenedRelay {
  const file = dataFile(data, process.cwd());
  mkdirSync(dirname(file), { recursive: true });
  const storage = new SqliteStorage(file);
  const relay = createRelay({
    storage,
    clock,
    origin,
    staticRoot,
    report: (error) => console.error(line(error)),
  });
  return {
    fetch: (request, bindings) =>
      relay.fetch(request, { address: addressOf(request, bindings?.incoming, behindProxy) }),
    drain: () => relay.drain(),
    close: () => {
      relay.drain();
      return storage.close();
    },
  };
}

/** One line for the log: no body, no token, no address. */
function line(error: unknown): string {
  const what = error instanceof CairnError ? `${error.code}: ${error.message}` : error;
  return `${new Date(clock.now()).toISOString()} ${what instanceof Error ? (what.stack ?? what.message) : what}`;
}

/** Behind a proxy the last address that `X-Forwarded-For` names, which is the one the proxy itself has seen. */
function addressOf(request: Request, incoming: object | undefined, behindProxy: boolean): string {
  if (behindProxy) {
    const last = request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim();
    if (last) return last;
  }
  // Not the class itself: the dev server's requests are of its own.
  return (incoming as Partial<IncomingMessage> | undefined)?.socket?.remoteAddress ?? 'unknown';
}

/** The built app lies beside the built relay: dist/app beside dist/relay. */
function findApp(): string | undefined {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'app');
  return existsSync(join(folder, 'index.html')) ? folder : undefined;
}

const graceMs = 10_000;

function listen(settings: Settings, opened: OpenedRelay): Promise<Server> {
  const server = httpServer((request, bindings) => opened.fetch(request, bindings));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: settings.port, host: settings.host }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** Settles when no request is in flight any more, or when the grace is over. */
function finish(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    // `close` ends the connections that are idle now; those that become idle later are ended as they do.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(idle);
      resolve();
    });
  });
}

async function main(): Promise<void> {
  const settings = readSettings(process.env, process.cwd());
  const { origin, file, behindProxy } = settings;
  const staticRoot = findApp();
  const opened = openRelay({ origin, data: file, staticRoot, behindProxy });
  const server = await listen(settings, opened).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(1);
      ending = true;
      opened.drain();
      void finish(server)
        .then(() => opened.close())
        .then(() => process.exit(0));
    });
  }
  console.log(`Cairn is running at ${origin}`);
  if (staticRoot === undefined) console.log('There is no built app beside it: only the API is served.');
}

/** What went wrong at the start, in words. */
function explain(error: unknown): string {
  if (error instanceof SettingError || error instanceof CairnError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'Another program already listens on this port. Set PORT to a free one.';
  if (code === 'EACCES')
    return 'This port or folder is not allowed to this user. Set PORT or CAIRN_DATA to another.';
  if (code === 'EADDRNOTAVAIL') return 'CAIRN_HOST names no address of this machine.';
  return line(error);
}

const entry = process.argv[1];
if (entry !== undefined && existsSync(entry) && realpathSync(entry) === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(`Cairn could not start: ${explain(error)}`);
    process.exit(1);
  });
}
