/** A link to a host in the same thread. What it answers and tells is copied, as it would be on the way from a worker. */
import { CairnError, type Result } from '../errors.ts';
import type { SpaceHost, StartRequest, Update } from '../worker/protocol.ts';
import type { Connection } from './client-space.ts';
import { type HostLink, type LinkListener, type OpenHost, valueOrThrow } from './host-link.ts';

export async function connectDirect(host: SpaceHost, request: StartRequest): Promise<Connection> {
  const link = new DirectLink(host);
  const page = { online: true, visible: true };
  const started = valueOrThrow(
    await host.start(structuredClone(request), page, (update) => link.hear(update)),
  );
  return {
    link,
    started: structuredClone(started),
    listen: (listener) => {
      link.listener = listener;
    },
  };
}

class DirectLink implements HostLink {
  readonly #host: SpaceHost;
  #over: CairnError | null = null;
  listener: LinkListener | null = null;

  constructor(host: SpaceHost) {
    this.#host = host;
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  async ask<T>(question: (host: OpenHost) => Promise<Result<T>>): Promise<T> {
    if (this.#over !== null) throw this.#over;
    return structuredClone(valueOrThrow(await question(this.#host)));
  }

  hear(update: Update): void {
    const listener = this.listener;
    if (this.#over !== null || listener === null) return;
    listener.update(structuredClone(update));
    if (update.ended === undefined) return;
    this.#over = CairnError.fromFailure(update.ended);
    listener.ended(update.ended);
  }

  close(): void {
    this.#over ??= new CairnError('closed', 'the space was closed');
  }
}
