/**
 * Bodies of requests and answers. A request's body is CBOR, not compressed, and never larger in memory than its limit: a
 * stated length is judged before the first byte is read, and an unstated one while it arrives (RELAY-7, RELAY-8).
 */
import { CairnError, type FailureValue, isError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { Gathered } from '../format/gathered.ts';
import { isProblemCode, type Problem, toProblem } from '../format/problem.ts';

const cborType = 'application/cbor';

/** A request in a form that this API has not: a problem like others, with HTTP's own status for it. */
class Unsupported extends CairnError {}

/** @throws too-large, bad-request */
export async function readBody(request: Request, limit: number): Promise<Bytes> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new Unsupported('bad-request', 'Bodies are not compressed here');
  const [type] = (request.headers.get('content-type') ?? '').split(';');
  if (type?.trim().toLowerCase() !== cborType) throw new Unsupported('bad-request', `A body is ${cborType}`);
  const stated = request.headers.get('content-length');
  if (stated !== null && Number(stated) > limit) throw tooLarge(limit);
  const gathered = new Gathered();
  if (request.body === null) return gathered.finish();
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  for (;;) {
    let next: ReadableStreamReadResult<Uint8Array>;
    try {
      next = await reader.read();
    } catch {
      throw new CairnError('bad-request', 'The body ended early');
    }
    if (next.done) return gathered.finish();
    if (gathered.length + next.value.length > limit) {
      // Not awaited: whoever sends may never stop, and owes us nothing more.
      reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    // It copies: the server may read on into the same memory.
    gathered.add(next.value);
  }
}

const tooLarge = (limit: number): CairnError =>
  new CairnError('too-large', `A body above ${limit} bytes`, { limit });

export function cborAnswer(body: Bytes, status = 200): Response {
  return new Response(body, {
    status,
    headers: { 'content-type': cborType, 'content-length': String(body.length), 'cache-control': 'no-store' },
  });
}

/** Every error as a problem document (RELAY-9). What no code is meant for is `internal`, and says nothing of the inside. */
export function problemAnswer(thrown: unknown): Response {
  const problem = problemOf(thrown);
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer');
  if (typeof problem.retryMs === 'number')
    headers.set('retry-after', String(Math.ceil(problem.retryMs / 1000)));
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Unsupported) return { ...problemFrom(thrown), status: 415 };
  if (thrown instanceof CairnError) return problemFrom(thrown);
  return toProblem('internal', 'The relay failed');
}

function problemFrom({ code, message, values }: CairnError): Problem {
  if (code === 'internal') return toProblem('internal', 'The relay failed');
  // Its message would tell paths of the machine.
  if (code === 'unavailable') return toProblem(code, 'The relay can’t serve this now');
  if (code === 'closed') return toProblem('unavailable', 'The relay is going down');
  return isProblemCode(code)
    ? toProblem(code, message, publicValues(values))
    : toProblem('internal', 'The relay failed');
}

const reserved: ReadonlySet<string> = new Set(['type', 'title', 'status', 'detail', 'instance', 'code']);

function publicValues(values: Readonly<Record<string, FailureValue>>): Record<string, FailureValue> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !reserved.has(name)));
}

/** Errors that say that something is wrong here, not with a request; going down is not. */
export function isOurFault(thrown: unknown): boolean {
  return problemOf(thrown).status >= 500 && !isError(thrown, 'closed');
}
