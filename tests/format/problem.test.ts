import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fromProblem,
  isProblemCode,
  type ProblemCode,
  problems,
  toProblem,
} from '../../src/format/problem.ts';
import { property } from '../property.ts';

const everyCode = Object.keys(problems) as ProblemCode[];

test.each(everyCode)(
  'RELAY-9: %s crosses HTTP as a problem document and comes back as the same error',
  (code) => {
    const problem = toProblem(code, 'why', { size: 3, text: 'x', none: null, yes: true });
    expect(problem).toMatchObject({
      type: `urn:cairn:problem:${code}`,
      status: problems[code],
      code,
      detail: 'why',
    });
    expect(problem.title).toMatch(/^[a-z ]+$/);
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.status).toBeLessThan(600);
    const error = fromProblem(JSON.parse(JSON.stringify(problem)));
    expect(error.toFailure()).toEqual({
      code,
      message: 'why',
      values: { size: 3, text: 'x', none: null, yes: true },
    });
  },
);

test('RELAY-9: values cannot stand in for the members of a problem', () => {
  const problem = toProblem('internal', 'why', {
    code: 'forbidden',
    status: 200,
    type: 'x',
    detail: 'y',
    title: 'z',
  });
  expect(problem).toEqual(toProblem('internal', 'why'));
});

test.each([
  null,
  undefined,
  1,
  'x',
  [],
  {},
  { code: 'offline' },
  { code: 'toString' },
  { code: ['internal'] },
  { status: 500 },
])('RELAY-9: %j is no problem of ours and becomes bad-answer', (json) => {
  expect(fromProblem(json).code).toBe('bad-answer');
});

test('TEST-8: only plain values of bounded size and number are taken from an answer', () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`v${i}`, i]));
  const values = {
    object: { deep: 1 },
    list: [1],
    long: 'x'.repeat(2000),
    ok: 1,
  };
  expect(fromProblem({ code: 'internal', ...values }).values).toEqual({ ok: 1 });
  expect(Object.keys(fromProblem({ code: 'internal', ...many }).values).length).toBeLessThanOrEqual(16);
  expect(fromProblem({ code: 'internal', detail: 'x'.repeat(5000) }).message.length).toBe(1024);
  expect(fromProblem({ code: 'internal', detail: 5 }).message).toBe('internal');
  const polluting = fromProblem(JSON.parse('{"code":"internal","__proto__":1}'));
  expect(Object.getPrototypeOf(polluting.values)).toBe(Object.prototype);
});

test('codes that never cross HTTP are no problem codes', () => {
  for (const code of ['offline', 'worker-died', 'constructor', '__proto__', '', 5, null]) {
    expect(isProblemCode(code)).toBe(false);
  }
});

property(
  'TEST-8: any JSON becomes an error with plain values, never a failure',
  10_000,
  fc.jsonValue(),
  (json) => {
    const error = fromProblem(json);
    expect(error.name).toBe('CairnError');
    for (const value of Object.values(error.values)) {
      expect(value === null || ['string', 'number', 'boolean'].includes(typeof value)).toBe(true);
    }
  },
);
