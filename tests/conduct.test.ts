/**
 * How tests themselves behave: what is not run fails the run, and nothing waits a fixed time. Read from the parsed
 * source, so that the rules hold for every test that will come.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Files that may set a timer, and why that is no fixed wait. */
const timersAllowed = new Map([
  ['e2e/waiting.ts', 'pauses between two looks at a condition of another process'],
  ['client/relayed.ts', 'the timers of a Runtime over the real clock'],
  ['worker/origin.ts', 'the timers of a Runtime over the real clock'],
  ['run.mjs', 'ends a tool that takes too long'],
]);

/** Tests that are left out on purpose, as `file: title`, and why. Empty is how it should be. */
const leftOut = new Map<string, string>([]);

interface Faults {
  readonly timers: number;
  /** Looks at a condition for a second, as Vitest does when it is told nothing: a machine may stop for as long. */
  readonly hasty: number;
  readonly leftOut: readonly string[];
}

function isNode(value: unknown): value is Record<string, unknown> & { readonly type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'Identifier') return String(node.name);
  if (node.type === 'MemberExpression') return `${nameOf(node.object)}.${nameOf(node.property)}`;
  return node.type === 'CallExpression' ? nameOf(node.callee) : '';
}

/** Where the project's own settings say how long `expect.poll` looks. */
const isPatient = (path: string): boolean => path.startsWith('e2e/');

function faultsOf(path: string, source: string): Faults {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  let timers = 0;
  let hasty = 0;
  const titles: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const child of node) visit(child);
    if (!isNode(node)) return;
    if (node.type === 'CallExpression') {
      const name = nameOf(node.callee);
      const [first, second] = Array.isArray(node.arguments) ? node.arguments : [];
      if (/^((globalThis|window|self)\.)?setTimeout$|\.waitForTimeout$|^sleep$/.test(name)) timers++;
      const looks = name === 'expect.poll' ? !isPatient(path) : /^vi\.(waitFor|waitUntil)$/.test(name);
      if (looks && second === undefined) hasty++;
      if (/^(test|it|describe|suite)\.(.*\.)?(skip|todo|only|fails|skipIf|runIf)$/.test(name)) {
        titles.push(isNode(first) && typeof first.value === 'string' ? first.value : name);
      }
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child);
  };
  visit(program);
  return { timers, hasty, leftOut: titles };
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
  .sort()
  .map((path) => ({ path, ...faultsOf(path, readFileSync(`${folder}${path}`, 'utf8')) }));

describe('the tests of this repository', () => {
  test('TEST-3: none waits a fixed time; timers stand only where they bound or pace a look at a condition', () => {
    expect(
      files.filter(({ path, timers }) => timers > 0 && !timersAllowed.has(path)).map(({ path }) => path),
    ).toEqual([]);
  });

  test('TEST-3: none looks at a condition for as short as a second, which a busy machine may take for nothing', () => {
    expect(files.filter(({ hasty }) => hasty > 0).map(({ path }) => path)).toEqual([]);
  });

  test('TEST-12: none is skipped, left to do, expected to fail or run alone, unless it is listed with a reason', () => {
    const found = files.flatMap(({ path, leftOut }) => leftOut.map((title) => `${path}: ${title}`));
    expect(found).toEqual([...leftOut.keys()]);
  });
});

describe('the checks themselves', () => {
  test.for([
    'await new Promise((resolve) => setTimeout(resolve, 500));',
    'await new Promise((resolve) => globalThis.setTimeout(resolve, 500));',
    'await page.waitForTimeout(500);',
    'await sleep(500);',
  ])('TEST-3: %s is found', (source) => {
    expect(faultsOf('a.test.ts', source).timers).toBe(1);
  });

  test.for([
    'await vi.waitFor(() => expect(a).toBe(1));',
    'await vi.waitUntil(() => a);',
    'await expect.poll(() => a).toBe(1);',
  ])('TEST-3: %s is found', (source) => {
    expect(faultsOf('a.test.ts', source).hasty).toBe(1);
    expect(
      faultsOf('a.test.ts', source.replace(/\((\(\).*?)\)(;|\.toBe\(1\);)$/, '($1, patient)$2')).hasty,
    ).toBe(0);
  });

  test.for([
    "test.skip('LOG-1: …', () => {});",
    "test.todo('LOG-1: …');",
    "describe.only('LOG-1: …', () => {});",
    "test.skipIf(true)('LOG-1: …', () => {});",
    "it.concurrent.fails('LOG-1: …', () => {});",
  ])('TEST-12: %s is found', (source) => {
    expect(faultsOf('a.test.ts', source).leftOut.length).toBeGreaterThan(0);
  });
});
