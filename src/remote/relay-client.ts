/**
 * The relay, spoken to through `fetch`: one method a request of its API (`format/wire`).
 *
 * 1. Every failure is a `CairnError`: `offline` when no answer came, `timeout` when it fell silent, `bad-answer` when it is
 *    none of this API, else the code of its problem. When the caller's signal ends a call, the signal's reason is thrown.
 * 2. No answer takes more memory than its limit, and none is believed: the callers verify.
 * 3. A token that is refused for its time is made anew by the relay's clock, once (RELAY-2).
 * 4. A request is sent once. Trying again is for the cycle, which knows what may be repeated.
 * 5. Whether something may be written is asked right before its first byte leaves, again for a repeated one (STORE-19).
 */
import type { Signer } from '../crypto/ed25519.ts';
import { CairnError, type FailureValue, isError } from '../errors.ts';
import { type Bytes, type Hash, type SpaceId, spaceText } from '../format/bytes.ts';
import { maxStampMs } from '../format/stamp.ts';
import {
  type ChangesAnswer,
  type ChangesRequest,
  decodeChangesAnswer,
  decodeLeavesAnswer,
  decodeReadAnswer,
  decodeSizeAnswer,
  type EntriesAppend,
  encodeChangesRequest,
  encodeEntriesAppend,
  encodeLeavesRequest,
  encodeMembersAppend,
  encodeReadRequest,
  type LogRange,
  type MembersAppend,
  type ReadAnswer,
} from '../format/wire.ts';
import { limits } from '../limits.ts';
import type { Runtime } from '../runtime.ts';
import { discard, errorOf, partsOf, readBody } from './answer.ts';
import { Credential } from './credential.ts';
import { Patience, type Wait } from './patience.ts';
import { RelayClock } from './relay-clock.ts';

export interface RelayAddress {
  /** Origin of the relay. */
  readonly url: string;
  readonly space: SpaceId;
}

/** How long a request may be without a sign of life once its body is out, and 16 kbit a second. */
const answers: Wait = { ms: 30_000, bytesPerMs: 2 };
/** Above any answer that holds a number or nothing. */
const smallAnswerBytes = 4096;
const cbor = 'application/cbor';

interface Call {
  readonly method: 'POST' | 'PUT' | 'GET';
  /** Below the space; empty for the space itself. */
  readonly path: string;
  readonly body: Bytes | null;
  readonly accept: string;
  /** It changes something at the relay. */
  readonly writes: boolean;
}

/** Asked before each request that writes; what it throws, the request throws, and nothing is sent. */
export type MayWrite = () => Promise<void>;

export class RelayClient {
  readonly url: string;
  readonly space: SpaceId;
  readonly clock: RelayClock;
  readonly #runtime: Runtime;
  readonly #credential: Credential;
  readonly #mayWrite: MayWrite;

  /** Requests are made in the name of `signer`: a device's key, or an invitation's. */
  constructor(
    runtime: Runtime,
    { url, space }: RelayAddress,
    signer: Signer,
    mayWrite: MayWrite = async () => undefined,
  ) {
    this.url = url;
    this.space = space;
    this.clock = new RelayClock(runtime);
    this.#runtime = runtime;
    this.#mayWrite = mayWrite;
    this.#credential = new Credential(runtime, this.clock, signer, url, space);
  }

  /** Registers the space by its first membership entry; the same again changes nothing. */
  async createSpace(entry: Bytes, signal: AbortSignal | null = null): Promise<void> {
    await this.#post('', entry, smallAnswerBytes, signal, true);
  }

  /** All that is new, in one request. Measures the relay's clock. */
  async changes(request: ChangesRequest, signal: AbortSignal | null = null): Promise<ChangesAnswer> {
    const sentAt = this.#runtime.now();
    const body = await this.#post('/changes', encodeChangesRequest(request), limits.httpBodyBytes, signal);
    const answer = decoded(() => decodeChangesAnswer(body));
    this.clock.measure(answer.now, sentAt);
    return answer;
  }

  /** Appends one membership entry behind `size`. @throws size-mismatch with the relay's `size` */
  async appendMember(append: MembersAppend, signal: AbortSignal | null = null): Promise<number> {
    const body = await this.#post('/members', encodeMembersAppend(append), smallAnswerBytes, signal, true);
    return decoded(() => decodeSizeAnswer(body).size);
  }

  /** Entries of several logs, as many as one answer holds. @throws bad-range, unknown-log with the `log` */
  async readEntries(ranges: readonly LogRange[], signal: AbortSignal | null = null): Promise<ReadAnswer> {
    const body = await this.#post(
      '/entries/read',
      encodeReadRequest({ ranges }),
      limits.httpBodyBytes,
      signal,
    );
    return decoded(() => decodeReadAnswer(body));
  }

  /** Leaf hashes of one log, at most 65,536. @throws bad-range, unknown-log */
  async readLeaves(range: LogRange, signal: AbortSignal | null = null): Promise<readonly Hash[]> {
    const body = await this.#post('/leaves/read', encodeLeavesRequest(range), limits.httpBodyBytes, signal);
    return decoded(() => decodeLeavesAnswer(body).leaves);
  }

  /** Appends entries and the head over them, whole or not at all; the same again changes nothing. Gives the log's size. */
  async appendEntries(append: EntriesAppend, signal: AbortSignal | null = null): Promise<number> {
    const body = await this.#post('/entries', encodeEntriesAppend(append), smallAnswerBytes, signal, true);
    return decoded(() => decodeSizeAnswer(body).size);
  }

  async putBeacon(beacon: Bytes, signal: AbortSignal | null = null): Promise<void> {
    const call: Call = { method: 'PUT', path: '/beacon', body: beacon, accept: cbor, writes: true };
    await this.#answered(call, signal, (response, patience) =>
      readBody(response, smallAnswerBytes, patience),
    );
  }

  /**
   * Reads the event stream part by part, each no larger than the platform delivers; resolves when the relay ends it. Silence
   * for longer than `quietMs` is a `timeout`.
   */
  async events(part: (bytes: Uint8Array) => void, quietMs: number, signal: AbortSignal): Promise<void> {
    const call: Call = {
      method: 'GET',
      path: '/events',
      body: null,
      accept: 'text/event-stream',
      writes: false,
    };
    const readParts = async (response: Response, patience: Patience): Promise<void> => {
      if (response.body === null) return;
      for await (const bytes of partsOf(response.body, patience)) part(bytes);
    };
    await this.#answered(call, signal, readParts, { ms: quietMs, bytesPerMs: null });
  }

  #post(
    path: string,
    body: Bytes,
    limit: number,
    signal: AbortSignal | null,
    writes = false,
  ): Promise<Bytes> {
    const call: Call = { method: 'POST', path, body, accept: cbor, writes };
    return this.#answered(call, signal, (response, patience) => readBody(response, limit, patience));
  }

  async #answered<T>(
    call: Call,
    signal: AbortSignal | null,
    read: (response: Response, patience: Patience) => Promise<T>,
    wait: Wait = answers,
  ): Promise<T> {
    const sentAt = this.#runtime.now();
    try {
      return await this.#once(call, signal, read, wait);
    } catch (thrown) {
      if (!isError(thrown, 'token-time')) throw thrown;
      const { now } = thrown.values;
      if (isTime(now)) this.clock.measure(now, sentAt);
      this.#credential.drop();
      return this.#once(call, signal, read, wait);
    }
  }

  async #once<T>(
    { method, path, body, accept, writes }: Call,
    signal: AbortSignal | null,
    read: (response: Response, patience: Patience) => Promise<T>,
    wait: Wait,
  ): Promise<T> {
    signal?.throwIfAborted();
    const authorization = await this.#credential.header();
    if (writes) await this.#mayWrite();
    signal?.throwIfAborted();
    const patience = new Patience(this.#runtime, wait, signal, body?.length ?? 0);
    try {
      const response = await this.#runtime.fetch(`${this.url}/v1/spaces/${spaceText(this.space)}${path}`, {
        method,
        headers: { authorization, accept, ...(body === null ? {} : { 'content-type': cbor }) },
        body,
        signal: patience.signal,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
      patience.alive();
      if (!response.ok) throw await errorOf(response, patience);
      const type = response.headers.get('content-type') ?? '';
      if (response.status !== 204 && !type.startsWith(accept)) {
        await discard(response);
        throw new CairnError('bad-answer', `An answer of type "${type.slice(0, 80)}" where ${accept} is due`);
      }
      return await read(response, patience);
    } catch (thrown) {
      throw failureOf(thrown, patience.signal);
    } finally {
      patience.end();
    }
  }
}

/** A time that a clock can show: a problem document may say anything. */
function isTime(value: FailureValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maxStampMs;
}

/** What a failed `fetch` or a broken body means. */
function failureOf(thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (thrown instanceof CairnError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CairnError('offline', `The relay was not reached, or the answer broke off: ${message}`);
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (thrown) {
    if (!(thrown instanceof CairnError)) throw thrown;
    throw new CairnError('bad-answer', `An answer that does not decode: ${thrown.message}`, {
      reason: thrown.code,
    });
  }
}
