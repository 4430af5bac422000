/**
 * Reads answers of a relay that nobody has to trust.
 *
 * 1. A body takes no more memory than its limit: a stated length is judged before the first byte, and what arrives is
 *    counted on the way, after any decompression (RELAY-8, PULL-2).
 * 2. An error answer becomes a `CairnError` with a code of the closed union, whatever it says. A code by which a relay
 *    speaks of itself is never taken for one about this device: *its* full disk is not ours.
 */
import { CairnError, type ErrorCode } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { Gathered } from '../format/gathered.ts';
import { fromProblem } from '../format/problem.ts';
import type { Patience } from './patience.ts';

/** How long an answer's parts are waited for. */
type Waiting = Pick<Patience, 'signal' | 'alive'>;

/** Bytes of an error answer that are looked at. */
const problemBytes = 64 * 1024;

/** The whole body. @throws bad-answer; the reason of a signal that ends it */
export async function readBody(response: Response, limit: number, patience: Waiting): Promise<Bytes> {
  const stated = Number(response.headers.get('content-length') ?? 0);
  if (stated > limit) {
    await discard(response);
    throw tooLong(limit);
  }
  if (response.body === null) return new Uint8Array(0);
  const gathered = new Gathered();
  for await (const part of partsOf(response.body, patience)) {
    if (gathered.length + part.length > limit) throw tooLong(limit);
    gathered.add(part);
  }
  return gathered.finish();
}

/**
 * A stream's parts as they arrive; leaving early cancels it, and so does the signal, whether or not the platform ties the two.
 * Not every engine iterates streams by itself.
 */
export async function* partsOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { signal, alive }: Waiting,
): AsyncGenerator<Bytes> {
  const reader = stream.getReader();
  // It has failed, or nobody waits for it any more.
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel);
  let over = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) break;
      alive(value.length);
      yield value;
    }
    over = true;
  } finally {
    signal.removeEventListener('abort', cancel);
    if (!over) cancel();
    reader.releaseLock();
  }
}

export async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // It had failed or ended already, which is all that is wanted.
  }
}

function tooLong(limit: number): CairnError {
  return new CairnError('bad-answer', `An answer of more than ${limit} bytes`, { limit });
}

/** What an answer that is no success means. */
export async function errorOf(response: Response, patience: Patience): Promise<CairnError> {
  const { status } = response;
  const error = fromProblem(await readJson(response, patience));
  if (error.code !== 'bad-answer') return ours(withWait(error, response));
  // Not of this API: a proxy in between, or another server at that address.
  const code = status === 502 || status === 503 || status === 504 ? 'unavailable' : 'bad-answer';
  if (status === 429) return withWait(new CairnError('rate-limited', 'Too many requests', {}), response);
  return new CairnError(code, `The relay answered ${status} and no problem document`, { status });
}

async function readJson(response: Response, patience: Patience): Promise<unknown> {
  const bytes = await readBody(response, problemBytes, patience);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

const longestWaitMs = 60 * 60 * 1000;

/** A wait that only the header states, as a value; and none, of whatever error, above the longest. */
function withWait(error: CairnError, response: Response): CairnError {
  const mayWait = error.code === 'rate-limited' || error.code === 'unavailable';
  const seconds = mayWait ? Number(response.headers.get('retry-after') ?? Number.NaN) : Number.NaN;
  const stated = typeof error.values.retryMs === 'number' ? error.values.retryMs : seconds * 1000;
  if (!(stated >= 0)) return error;
  return new CairnError(error.code, error.message, {
    ...error.values,
    retryMs: Math.min(stated, longestWaitMs),
  });
}

/** Codes that mean another thing when a relay says them, and what they come to here. */
const saidByRelay: Partial<Record<ErrorCode, ErrorCode>> = {
  internal: 'unavailable',
  'storage-full': 'unavailable',
  malformed: 'bad-request',
  'wrong-type': 'bad-request',
  'wrong-space': 'bad-request',
  'newer-format': 'bad-request',
  'not-found': 'bad-request',
};

function ours(error: CairnError): CairnError {
  const code = saidByRelay[error.code];
  if (code === undefined) return error;
  return new CairnError(code, error.message, { ...error.values, said: error.code });
}
