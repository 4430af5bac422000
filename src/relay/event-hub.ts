/**
 * Live updates as server-sent events: who listens in which space, and the streams to them.
 *
 *   event: change
 *   data: {"log":3,"size":17}
 *
 * 1. An event says that something is newer, never what: a lost one costs delay and no data (RELAY-17).
 * 2. A stream ends when its token does, and when its device is no longer one of the space.
 * 3. Memory is bounded: so many streams a device, a space and in all; a stream whose reader is behind by more than 64 KiB
 *    is ended, and its reader connects again.
 * 4. Who caused an event is not told of it.
 *
 * Events are of this process: behind one store with several relays, a device hears at once of what came through its own, and
 * of the rest with its next look.
 */
import { CairnError } from '../errors.ts';
import { equal, type PublicKey, type SpaceId, spaceText, utf8 } from '../format/bytes.ts';
import { encodeEvent, type RelayEvent } from '../format/wire.ts';
import type { Runtime } from '../runtime.ts';

/** Without timers streams still end on the first event after their time; they only have no heartbeat. */
export type RelayClock = Pick<Runtime, 'now'> & Partial<Pick<Runtime, 'setTimer'>>;

export interface Listener {
  readonly key: PublicKey;
  /** When the stream has to end, milliseconds. */
  readonly expires: number;
}

/** True while that key is a current device of the space. */
export type IsDevice = (space: SpaceId, key: PublicKey) => Promise<boolean>;

export const streamLimits = {
  ofDevice: 4,
  ofSpace: 2048,
  inAll: 10_000,
  bufferedBytes: 64 * 1024,
  heartbeatMs: 25_000,
} as const;

interface Stream extends Listener {
  readonly space: SpaceId;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  cancelTimer: () => void;
}

const byteLength = new ByteLengthQueuingStrategy({ highWaterMark: streamLimits.bufferedBytes });

export class EventHub {
  readonly #clock: RelayClock;
  readonly #isDevice: IsDevice;
  /** By space, each in order of their start. */
  readonly #streams = new Map<string, Set<Stream>>();
  #count = 0;
  #closed = false;

  constructor(clock: RelayClock, isDevice: IsDevice) {
    this.#clock = clock;
    this.#isDevice = isDevice;
  }

  get count(): number {
    return this.#count;
  }

  /** The body of a stream for that device. Its oldest stream gives way to a fifth. @throws rate-limited, closed */
  listen(space: SpaceId, listener: Listener): ReadableStream<Uint8Array> {
    if (this.#closed) throw new CairnError('closed', 'The relay is going down');
    const own = [...this.#of(space)].filter(({ key }) => equal(key, listener.key));
    const [oldest] = own;
    if (oldest !== undefined && own.length >= streamLimits.ofDevice) this.#end(oldest);
    if (this.#of(space).size >= streamLimits.ofSpace || this.#count >= streamLimits.inAll) {
      const retryMs = streamLimits.heartbeatMs;
      throw new CairnError('rate-limited', 'Too many event streams', { retryMs });
    }
    let stream: Stream | null = null;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          stream = { ...listener, space, controller, cancelTimer: () => undefined };
          this.#add(stream);
          // Something at once, so that headers go out and a proxy sees a living answer.
          this.#send(stream, ': listening\n\n');
          this.#schedule(stream);
        },
        cancel: () => {
          if (stream !== null) this.#forget(stream);
        },
      },
      byteLength,
    );
  }

  /** Tells all who listen in the space, but not the device that caused it. */
  publish(space: SpaceId, event: RelayEvent, cause: PublicKey): void {
    const text = `event: change\ndata: ${encodeEvent(event)}\n\n`;
    for (const stream of this.#of(space)) {
      if (equal(stream.key, cause)) continue;
      if (this.#clock.now() >= stream.expires) this.#end(stream);
      else this.#send(stream, text);
    }
  }

  /** Ends the streams in the space whose device is no longer one of it. */
  recheck(space: SpaceId, isDevice: (key: PublicKey) => boolean): void {
    for (const stream of this.#of(space)) if (!isDevice(stream.key)) this.#end(stream);
  }

  /** Ends all streams and takes no more. */
  close(): void {
    this.#closed = true;
    for (const streams of [...this.#streams.values()]) for (const stream of streams) this.#end(stream);
  }

  #of(space: SpaceId): ReadonlySet<Stream> {
    return this.#streams.get(spaceText(space)) ?? new Set();
  }

  #add(stream: Stream): void {
    const key = spaceText(stream.space);
    const streams = this.#streams.get(key) ?? new Set();
    streams.add(stream);
    this.#streams.set(key, streams);
    this.#count++;
  }

  #forget(stream: Stream): void {
    const key = spaceText(stream.space);
    const streams = this.#streams.get(key);
    if (streams?.delete(stream) !== true) return;
    if (streams.size === 0) this.#streams.delete(key);
    this.#count--;
    stream.cancelTimer();
  }

  #isOpen(stream: Stream): boolean {
    return this.#of(stream.space).has(stream);
  }

  #send(stream: Stream, text: string): void {
    if ((stream.controller.desiredSize ?? 0) <= 0) this.#end(stream);
    else stream.controller.enqueue(utf8(text));
  }

  #end(stream: Stream): void {
    if (!this.#isOpen(stream)) return;
    this.#forget(stream);
    stream.controller.close();
  }

  #schedule(stream: Stream): void {
    if (this.#clock.setTimer === undefined || !this.#isOpen(stream)) return;
    const left = stream.expires - this.#clock.now();
    const wait = Math.max(0, Math.min(streamLimits.heartbeatMs, left));
    stream.cancelTimer = this.#clock.setTimer(wait, () => {
      this.#beat(stream).catch(() => this.#end(stream));
    });
  }

  /** A sign of life, and a look at whether the stream still may go on. */
  async #beat(stream: Stream): Promise<void> {
    if (this.#clock.now() >= stream.expires || !(await this.#isDevice(stream.space, stream.key))) {
      this.#end(stream);
      return;
    }
    if (!this.#isOpen(stream)) return;
    this.#send(stream, ': here\n\n');
    this.#schedule(stream);
  }
}
