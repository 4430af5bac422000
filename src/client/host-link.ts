/**
 * The one way from a space on the page to its host, wherever the host lives: in a worker (`worker-link`) or in the same
 * thread (`memory-space`). It turns results back into values and `CairnError`s.
 */
import { CairnError, type Failure, type Result } from '../errors.ts';
import type { SpaceHost, Started, Update } from '../worker/protocol.ts';

/** What a page may ask of a host that has been started. */
export type OpenHost = Omit<SpaceHost, 'hello' | 'start'>;

export interface HostLink {
  /**
   * Asks the host; waits while it is being replaced. What it asks with must already be a copy.
   * @throws CairnError: what the host answered, `worker-died` if it died meanwhile (outcome unknown), `closed`
   */
  ask<T>(question: (host: OpenHost) => Promise<Result<T>>): Promise<T>;
  /** True when no question will ever be answered again. */
  readonly isOver: boolean;
  /** Lets go of the host. Questions in flight and later ones reject with `closed`. */
  close(): void;
}

export interface LinkListener {
  update(update: Update): void;
  /** The host died; another is being started. */
  died(): void;
  /** The new host is ready and knows no live query yet. */
  replaced(started: Started): void;
  /** The space cannot go on: every later question rejects with this. */
  ended(failure: Failure): void;
}

/** The value of a result; throws its error. */
export function valueOrThrow<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw CairnError.fromFailure(result.error);
}

/** A copy of plain data, as another thread would get it. @throws value-invalid if it holds what cannot be copied */
export function copied<T>(value: T, what: string): T {
  try {
    return structuredClone(value);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new CairnError('value-invalid', `${what} is not plain data: ${why}`);
  }
}
