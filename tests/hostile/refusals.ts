/** Errors: of this API and of anything that may stand in between, deserved or not. */
import { cborHeaders, type Exchange, type Fault, onEach, type Path, send } from './proxy.ts';

const asked: readonly Path[] = ['/changes', '/entries/read', '/entries', '/beacon'];

const json = (value: unknown) => new Uint8Array(Buffer.from(JSON.stringify(value)));

function refusing(
  status: number,
  body: Uint8Array<ArrayBuffer>,
  more: Readonly<Record<string, string>> = {},
): (exchange: Exchange) => Promise<void> {
  const headers = { ...cborHeaders, 'content-type': 'application/problem+json', ...more };
  return (exchange) => send(exchange, { status, headers, body });
}

/** Of this API. What a relay says of itself comes to `unavailable`, what it says of our bytes to `bad-request`. */
const ofOurs: readonly (readonly [number, string, string])[] = [
  [400, 'malformed', 'bad-request'],
  [400, 'newer-format', 'bad-request'],
  [401, 'unauthorized', 'unauthorized'],
  [403, 'forbidden', 'forbidden'],
  [409, 'size-mismatch', 'size-mismatch'],
  [409, 'clock-ahead', 'clock-ahead'],
  [413, 'too-large', 'too-large'],
  [429, 'rate-limited', 'rate-limited'],
  [500, 'internal', 'unavailable'],
  [503, 'unavailable', 'unavailable'],
  [507, 'storage-full', 'unavailable'],
];

/** Of something in between that knows nothing of us. */
const ofOthers: readonly (readonly [number, string])[] = [
  [401, 'bad-answer'],
  [404, 'bad-answer'],
  [409, 'bad-answer'],
  [410, 'bad-answer'],
  [413, 'bad-answer'],
  [429, 'rate-limited'],
  [500, 'bad-answer'],
  [502, 'unavailable'],
  [504, 'unavailable'],
];

export function refusalFaults(): Fault[] {
  const empty = new Uint8Array(0);
  return [
    ...ofOurs.flatMap(([status, code, end]) =>
      onEach(asked, `${status} ${code}`, [end], refusing(status, json({ code, detail: 'no', title: 'no' }))),
    ),
    ...ofOthers.flatMap(([status, end]) =>
      onEach(asked, `${status} without a problem`, [end], refusing(status, empty)),
    ),
    ...onEach(asked, 'a refusal with values that make no sense', ['rate-limited'], async (exchange) => {
      const code = 'rate-limited';
      const values = { retryMs: -1, size: 1e300, log: 'x'.repeat(5000), now: null, ['__proto__']: {} };
      await refusing(429, json({ code, ...values }), { 'retry-after': '99999999999999' })(exchange);
    }),
    ...onEach(
      asked,
      'a refusal for the time, with a time that no clock shows',
      ['token-time'],
      async (exchange) => {
        await refusing(401, json({ code: 'token-time', now: -5 }))(exchange);
      },
    ),
    ...onEach(
      asked,
      'a refusal for the time, a year off, again and again',
      ['token-time'],
      async (exchange) => {
        const now = Date.parse('2035-01-01');
        await refusing(401, json({ code: 'token-time', now }))(exchange);
      },
    ),
    {
      name: 'a refusal for a code that only this device may say',
      paths: ['/changes'],
      ends: ['bad-answer'],
      answer: refusing(400, json({ code: 'storage-lost' })),
    },
    {
      name: 'a space that the relay says it never saw',
      paths: ['/changes'],
      ends: ['unknown-space', 'bad-answer'],
      answer: refusing(404, json({ code: 'unknown-space' })),
    },
    {
      name: 'a log that the relay says it has less of',
      paths: ['/entries/read'],
      ends: ['bad-range', 'held: unavailable'],
      answer: refusing(400, json({ code: 'bad-range', log: 2 })),
    },
  ];
}
