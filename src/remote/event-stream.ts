/**
 * Follows the relay's live events until told to stop. An event says that something is newer, never what: it starts a
 * cycle and is not believed. So nothing here can fail in a way that matters beyond delay (RELAY-17).
 *
 *   connecting ──open──▶ listening ──ended, silent or broken──▶ waiting ──time, or the relay was reached──▶ connecting
 *        └──────────────────refused or not reached─────────────────▲
 *
 * What ends a stream may be the end of the relay: whoever follows is told at once, and finds out.
 */
import { isError } from '../errors.ts';
import { decodeEvent, type RelayEvent } from '../format/wire.ts';
import { delay, type Runtime } from '../runtime.ts';
import { type BackOff, backOffMs, randomFraction } from './back-off.ts';
import { EventParser } from './event-parser.ts';
import type { RelayClient } from './relay-client.ts';

export interface EventListener {
  /** The stream is open: what happened before was not told. */
  opened(): void;
  event(event: RelayEvent): void;
  /** A stream that was open is over, for whatever reason; the next is opened by itself. */
  ended(): void;
  /** Nobody answered who wanted to open one. One that is refused tells nothing: who refuses is there. */
  unreached(): void;
  /** Nobody listens for a while. `reached` ends the wait: another request has got through. Only a long wait can be ended. */
  waiting(reached: () => void): void;
}

/** The relay gives a sign of life every 25 seconds: two of them are missing. */
const quietMs = 52_000;
const waits: BackOff = { first: 2_000, most: 120_000 };
/** A stream that was open for less has failed: what always ends it would end the next. */
const briefMs = 5_000;

/** Resolves when `signal` aborts, never before. */
export async function followEvents(
  runtime: Runtime,
  relay: Pick<RelayClient, 'events'>,
  listener: EventListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const { openMs, isReached } = await listen(runtime, relay, listener, signal);
    // A stream that was open ends by design when its token does: that is no failure.
    failures = openMs >= briefMs ? 1 : failures + 1;
    if (signal.aborted) return;
    if (openMs >= 0) listener.ended();
    else if (!isReached) listener.unreached();
    await wait(runtime, failures, openMs < 0 ? listener : null, signal);
  }
}

/**
 * Resolves when it is time to connect again, or `signal` aborts. Whom the relay did not answer is told that it waits. A stream that
 * was broken is no sooner whole because other requests get through; each that opens starts a cycle, which would open the next.
 */
async function wait(
  runtime: Runtime,
  failures: number,
  unreached: EventListener | null,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  // The first wait is short as it is, and every stream that ends has one.
  if (failures > 1) unreached?.waiting(end);
  await delay(runtime, backOffMs(waits, failures, randomFraction(runtime)), over.signal).catch(
    () => undefined,
  );
  signal.removeEventListener('abort', end);
}

interface Connection {
  /** How long it was open, milliseconds; -1 if it never was. */
  readonly openMs: number;
  /** It ended otherwise than by silence or without any answer. */
  readonly isReached: boolean;
}

/** One connection, until it is over for whatever reason. */
async function listen(
  runtime: Runtime,
  relay: Pick<RelayClient, 'events'>,
  listener: EventListener,
  signal: AbortSignal,
): Promise<Connection> {
  const parser = new EventParser();
  let openedAt: number | null = null;
  const part = (bytes: Uint8Array): void => {
    if (openedAt === null) {
      openedAt = runtime.monotonic();
      listener.opened();
    }
    for (const text of parser.push(bytes)) tell(listener, text);
  };
  let isReached = true;
  try {
    await relay.events(part, quietMs, signal);
  } catch (thrown) {
    // Refused, silent, broken off: the cycle asks the same relay and names what is wrong with it.
    isReached = !isError(thrown, 'offline') && !isError(thrown, 'timeout');
  }
  return { openMs: openedAt === null ? -1 : runtime.monotonic() - openedAt, isReached };
}

function tell(listener: EventListener, text: string): void {
  let event: RelayEvent;
  try {
    event = decodeEvent(text);
  } catch (thrown) {
    if (isError(thrown, 'malformed')) return; // of a newer relay: there is nothing in it for us
    throw thrown;
  }
  listener.event(event);
}
