/**
 * Follows the relay's live events until told to stop. An event says that something is newer, never what: it starts a
 * cycle and is not believed. So nothing here can fail in a way that matters beyond delay (RELAY-17).
 *
 *   connecting ──open──▶ listening ──ended, silent or broken──▶ waiting ──time──▶ connecting
 *        └──────────────────refused or not reached─────────────────▲
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
}

/** The relay gives a sign of life every 25 seconds. */
const quietMs = 60_000;
const waits: BackOff = { first: 2_000, most: 120_000 };

/** Resolves when `signal` aborts, never before. */
export async function followEvents(
  runtime: Runtime,
  relay: Pick<RelayClient, 'events'>,
  listener: EventListener,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const opened = await listen(relay, listener, signal);
    // A stream that was open ends by design when its token does: that is no failure.
    failures = opened ? 1 : failures + 1;
    try {
      await delay(runtime, backOffMs(waits, failures, randomFraction(runtime)), signal);
    } catch {
      return; // the signal, which is how this ends
    }
  }
}

/** One connection, until it is over for whatever reason; true if it was open. */
async function listen(
  relay: Pick<RelayClient, 'events'>,
  listener: EventListener,
  signal: AbortSignal,
): Promise<boolean> {
  const parser = new EventParser();
  let opened = false;
  const part = (bytes: Uint8Array): void => {
    if (!opened) {
      opened = true;
      listener.opened();
    }
    for (const text of parser.push(bytes)) tell(listener, text);
  };
  try {
    await relay.events(part, quietMs, signal);
  } catch {
    // Offline, refused, silent, broken off: the cycle asks the same relay and names what is wrong with it.
  }
  return opened;
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
