/**
 * A link to a host in a worker, which outlives the worker (APP-17).
 *
 *               hello + start answered
 *   starting ───────────────────────────▶ up
 *      ▲  │                                │ the worker's lock is free: it is dead
 *      │  └─ the host refuses ─▶ ended     │
 *      │     five deaths in a row ─▶ ended ▼
 *      └────────────────────────────── replacing      close() from any state ─▶ closed
 *
 * The worker holds a Web Lock from before its first answer until it dies; this side waits for the same lock, and
 * getting it means that the worker is gone, however it went. Questions that were in flight then reject with
 * `worker-died`: whether a write among them happened is unknown. Questions asked while there is no worker wait for the next one.
 */
import { proxy, releaseProxy, wrap } from 'comlink';
import { CairnError, type Result } from '../errors.ts';
import type { PageEvent, PageState, SpaceHost, Started, StartRequest, Update } from '../worker/protocol.ts';
import type { Connection } from './client-space.ts';
import { Death } from './death.ts';
import { type HostLink, type LinkListener, type OpenHost, valueOrThrow } from './host-link.ts';
import { askToPersist } from './persistence.ts';

/** Pauses before each further try to replace a worker, in milliseconds; after the last of them no other is made. */
const pausesMs = [100, 400, 1_600, 6_400];
/** How long a new worker may take to load and answer its first question, in milliseconds. */
const helloMs = 60_000;

/** What whoever joins may hear and end while the host starts. */
interface JoinWatch {
  readonly onKept?: (space: string) => void;
  readonly signal?: AbortSignal;
}

/** Starts a worker and the space in it; what it refuses is thrown and leaves no worker behind. */
export async function connectWorker(
  makeWorker: () => Worker,
  request: StartRequest,
  { onKept, signal }: JoinWatch = {},
): Promise<Connection> {
  const link = new WorkerLink(makeWorker, onKept);
  const end = (): void => link.close();
  signal?.addEventListener('abort', end);
  const started = await link.start(request);
  signal?.removeEventListener('abort', end);
  if (request.how !== 'open') askToPersist();
  return { link, started, listen: (listener) => link.listen(listener), onWrite: askToPersist };
}

/** One worker, from its making to its death. */
interface Life {
  readonly host: SpaceHost;
  readonly death: Death;
  /** The worker has answered and holds `lock`: from now on the lock alone tells whether it lives. */
  settle(lock: string): void;
  /** Ends the worker and everything that waits for it. */
  end(reason: CairnError): void;
}

class WorkerLink implements HostLink {
  readonly #makeWorker: () => Worker;
  readonly #onKept: ((space: string) => void) | undefined;
  #listener: LinkListener | null = null;
  /** News that came before anyone listened. */
  #early: Update[] = [];
  #life: Promise<Life>;
  /** The worker that answers questions; null while there is none. */
  #current: Life | null = null;
  /** The worker made last, perhaps still starting. */
  #newest: Life | null = null;
  #reopen: StartRequest | null = null;
  #over: CairnError | null = null;
  #stopPageEvents: () => void = () => {};

  constructor(makeWorker: () => Worker, onKept?: (space: string) => void) {
    this.#makeWorker = makeWorker;
    this.#onKept = onKept;
    this.#life = new Promise(() => {});
  }

  async start(request: StartRequest): Promise<Started> {
    try {
      const { life, started } = await this.#begin(request);
      const { schema, relay, appUrl } = request;
      this.#reopen = { how: 'open', space: started.space, schema, relay, appUrl };
      this.#life = Promise.resolve(life);
      this.#stopPageEvents = forwardPageEvents((event) => {
        // A worker that dies at this moment hears the page's state again through its own start.
        this.ask((host) => host.pageEvent(event)).catch(() => {});
      });
      this.#awaitDeath(life);
      return started;
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
    const early = this.#early;
    this.#early = [];
    for (const update of early) this.#hear(update);
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  async ask<T>(question: (host: OpenHost) => Promise<Result<T>>): Promise<T> {
    if (this.#over !== null) throw this.#over;
    const life = this.#current ?? (await this.#life);
    return valueOrThrow(await life.death.or(question(life.host)));
  }

  close(): void {
    this.#finish(new CairnError('closed', 'the space was closed'));
  }

  /** Makes a worker and starts the space in it. */
  async #begin(request: StartRequest): Promise<{ life: Life; started: Started }> {
    const life = live(this.#makeWorker());
    this.#newest = life;
    try {
      const hear = proxy((update: Update): void => {
        if (this.#newest === life) this.#hear(update);
      });
      const hello = life.death.or(life.host.hello());
      // Right behind: the worker opens the space while its lock is on the way.
      const starting = life.death.or(life.host.start(request, pageState(), hear));
      // A worker that is gone before its first answer has told why by that one.
      starting.catch(() => {});
      const { lock } = valueOrThrow(await hello);
      life.settle(lock);
      const started = valueOrThrow(await starting);
      this.#current = life;
      return { life, started };
    } catch (thrown) {
      const reason = toDeath(thrown);
      life.end(reason);
      throw reason;
    }
  }

  #awaitDeath(life: Life): void {
    life.death.tell((reason) => {
      const request = this.#reopen;
      if (this.#over !== null || request === null) return;
      life.end(reason);
      this.#replace(request);
    });
  }

  #replace(request: StartRequest): void {
    this.#current = null;
    this.#life = this.#beginAgain(request);
    // Whoever asks meanwhile awaits this promise; when nobody does its rejection is still told through `ended`.
    this.#life.catch(() => {});
    this.#listener?.died();
  }

  async #beginAgain(request: StartRequest): Promise<Life> {
    for (const pause of [...pausesMs, null]) {
      try {
        const { life, started } = await this.#begin(request);
        this.#life = Promise.resolve(life);
        this.#awaitDeath(life);
        this.#listener?.replaced(started);
        return life;
      } catch (thrown) {
        const reason = toDeath(thrown);
        if (this.#over === null && (reason.code !== 'worker-died' || pause === null)) this.#end(reason);
      }
      if (this.#over !== null) throw this.#over;
      await new Promise((resolve) => setTimeout(resolve, pause ?? 0));
      if (this.#over !== null) throw this.#over;
    }
    throw died('it could not be replaced');
  }

  #end(reason: CairnError): void {
    this.#finish(reason);
    this.#listener?.ended(reason.toFailure());
  }

  #hear(update: Update): void {
    if (update.kept !== undefined) {
      this.#onKept?.(update.kept);
      return;
    }
    if (this.#listener === null) {
      this.#early.push(update);
      return;
    }
    this.#listener.update(update);
    if (update.ended !== undefined) this.#end(CairnError.fromFailure(update.ended));
  }

  #finish(reason: CairnError): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#stopPageEvents();
    this.#newest?.end(reason);
    this.#newest = null;
    this.#current = null;
  }
}

function live(worker: Worker): Life {
  const remote = wrap<SpaceHost>(worker);
  const death = new Death();
  // Before its first answer a worker can fail without ever holding its lock: a script that does not load, or never answers.
  const onError = (event: ErrorEvent): void =>
    death.comes(died(event.message || 'its script cannot be loaded'));
  const timer = setTimeout(() => death.comes(died(`no answer within ${helloMs} ms`)), helloMs);
  worker.addEventListener('error', onError);
  const stopWatching = (): void => {
    clearTimeout(timer);
    worker.removeEventListener('error', onError);
  };
  const waiting = new AbortController();
  return {
    host: withKeptMethods(remote),
    death,
    settle(lock) {
      stopWatching();
      navigator.locks
        .request(lock, { signal: waiting.signal }, () => death.comes(died('its lock was let go')))
        .catch((reason: unknown) => {
          if (!waiting.signal.aborted) death.comes(died(String(reason)));
        });
    },
    end(reason) {
      if (waiting.signal.aborted) return;
      stopWatching();
      waiting.abort();
      death.comes(reason);
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}

/** Comlink makes a proxy, and has its end watched, at every look at a method: a tenth of the time of a write. Here each is made once. */
function withKeptMethods(remote: object): SpaceHost {
  const kept: Record<PropertyKey, unknown> = {};
  const look = (_: object, name: string | symbol): unknown => {
    kept[name] ??= Reflect.get(remote, name);
    return kept[name];
  };
  // Comlink's view of a host whose methods all take and give plain data is that same host.
  return new Proxy(kept, { get: look }) as unknown as SpaceHost;
}

function died(why: string): CairnError {
  return new CairnError(
    'worker-died',
    `the worker died: ${why}; whether a write in flight happened is unknown`,
  );
}

function toDeath(thrown: unknown): CairnError {
  return thrown instanceof CairnError ? thrown : died(String(thrown));
}

function pageState(): PageState {
  return { online: navigator.onLine, visible: document.visibilityState === 'visible' };
}

/** Tells `forward` what only the page hears; gives what stops it. */
function forwardPageEvents(forward: (event: PageEvent) => void): () => void {
  const onVisibility = (): void => forward(document.visibilityState === 'visible' ? 'visible' : 'hidden');
  const onOnline = (): void => forward('online');
  const onOffline = (): void => forward('offline');
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('online', onOnline);
  window.addEventListener('offline', onOffline);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('online', onOnline);
    window.removeEventListener('offline', onOffline);
  };
}
