/**
 * The shape of the house (DESIGN §1), checked on the parsed source of src/, so it holds by more than intention:
 *
 *   1. A part imports only parts below it; types count too.
 *   2. No file leads back to itself through imports, apart from imports of types alone.
 *   3. A package is used in the one part that is there for it.
 *   4. Below `worker`, time, randomness, network, storage, locks and timers come from the `Runtime` alone.
 *   5. The top level of the repository holds what it may hold and nothing else.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every part and what it may import besides itself. `ground` is the files directly in src/. */
const below: Readonly<Record<string, readonly string[]>> = {
  ground: [],
  crypto: ['ground'],
  format: ['ground', 'crypto'],
  model: ['ground', 'crypto', 'format'],
  store: ['ground', 'crypto', 'format', 'model'],
  remote: ['ground', 'crypto', 'format', 'model'],
  sync: ['ground', 'crypto', 'format', 'model', 'store', 'remote'],
  worker: ['ground', 'crypto', 'format', 'model', 'store', 'remote', 'sync'],
  client: ['ground', 'crypto', 'format', 'model', 'store', 'remote', 'sync', 'worker'],
  app: ['client'],
  relay: ['ground', 'crypto', 'format', 'model'],
};

/** Single imports that the table would refuse, each with its reason. */
const allowed = new Map([
  // The app hands the worker in (DESIGN §13); this is the package's public entry `cairn/worker`.
  ['app', ['worker/main.ts']],
]);

/** Packages and the parts that may use them (DESIGN: crypto is "the only place that touches a crypto library", …). */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@noble/ed25519': ['crypto'],
  '@noble/hashes': ['crypto'],
  '@hpke/core': ['crypto'],
  fflate: ['crypto'],
  idb: ['store'],
  comlink: ['worker', 'client'],
  hono: ['relay'],
  '@hono/node-server': ['relay'],
  libsql: ['relay'],
  preact: ['app'],
  '@preact/signals': ['app'],
  papaparse: ['app'],
  'fractional-indexing': ['app'],
};

/** Globals that only `worker` and above (and the server's entry and adapters) may touch. */
const outside = new Set(
  `fetch XMLHttpRequest WebSocket EventSource navigator indexedDB localStorage sessionStorage caches cookieStore
   BroadcastChannel Worker SharedWorker setTimeout setInterval clearTimeout clearInterval setImmediate
   requestAnimationFrame requestIdleCallback window self document location process performance scheduler`
    .trim()
    .split(/\s+/),
);
const outsideMembers = new Set(
  `Date.now Math.random performance.now crypto.getRandomValues crypto.randomUUID AbortSignal.timeout`.split(
    ' ',
  ),
);
/** Parts to which rule 4 applies. The relay takes its clock as an argument; its edges are listed here. */
const underRuntime = ['ground', 'crypto', 'format', 'model', 'store', 'remote', 'sync', 'relay'];
const relayEdges = ['relay/main.ts'];

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

interface Source {
  readonly path: string;
  readonly part: string;
  readonly imports: readonly Import[];
  readonly uses: readonly string[];
}

type Tree = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function nameOf(value: unknown): string | null {
  return isTree(value) && value.type === 'Identifier' && typeof value.name === 'string' ? value.name : null;
}

/** Walks values, not types: annotations name globals (`typeof fetch`) without using them. */
function walk(tree: Tree, visit: (node: Tree, key: string, parent: Tree | null) => void): void {
  const step = (node: Tree, key: string, parent: Tree | null): void => {
    visit(node, key, parent);
    for (const [childKey, value] of Object.entries(node)) {
      if (childKey === 'parent') continue;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (!isTree(child)) continue;
        if (child.type.startsWith('TS') && !isExpressionOfTypeScript.has(child.type)) continue;
        step(child, childKey, node);
      }
    }
  };
  step(tree, '', null);
}
const isExpressionOfTypeScript = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSParameterProperty',
  'TSAbstractMethodDefinition',
]);

/** What a file imports and which outside globals it uses. `text` is TypeScript or TSX. */
function readSource(path: string, text: string): Source {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const uses: string[] = [];
  // The parser's tree is plain data; `Tree` is the little that is read of it.
  walk(program as unknown as Tree, (node, key, parent) => {
    const source = node.source;
    if (/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(node.type) && isTree(source)) {
      if (typeof source.value === 'string') {
        imports.push({
          target: source.value,
          typeOnly: node.importKind === 'type' || node.exportKind === 'type',
        });
      } else uses.push('import() of something computed');
      return;
    }
    if (node.type === 'MemberExpression') {
      const object = nameOf(node.object);
      const property = nameOf(node.property);
      if (object !== null && property !== null && outsideMembers.has(`${object}.${property}`)) {
        uses.push(`${object}.${property}`);
      }
      const global = isTree(node.object) && node.object.type === 'MemberExpression' ? node.object : null;
      const holder = global && nameOf(global.object) === 'globalThis' ? nameOf(global.property) : null;
      if (holder !== null && outsideMembers.has(`${holder}.${property}`)) uses.push(`${holder}.${property}`);
      if (object === 'globalThis' && property !== null && outside.has(property)) uses.push(property);
    }
    if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && isEmpty(node.arguments))
      uses.push('new Date()');
    if (node.type === 'CallExpression' && nameOf(node.callee) === 'Date') uses.push('Date()');
    const name = nameOf(node);
    if (name === null || !outside.has(name)) return;
    // A property named like a global is not the global: `runtime.fetch`, `{ fetch: … }`, `fetch(): …` in a class.
    const isProperty =
      (parent?.type === 'MemberExpression' && key === 'property' && parent.computed !== true) ||
      (key === 'key' && parent?.computed !== true && parent?.shorthand !== true);
    if (!isProperty) uses.push(name);
  });
  const [first = ''] = path.split('/');
  return { path, part: path.includes('/') ? first : 'ground', imports, uses };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

/** The file in src/ that a relative import names, or null for a package. */
function resolve(from: Source, target: string): string | null {
  if (!target.startsWith('.')) return null;
  return normalize(join(dirname(from.path), target.replace(/\?.*$/, '')));
}

function wrongDirections(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap(({ target }) => {
      const path = resolve(source, target);
      if (path === null) return [];
      if (path.startsWith('..')) return [`${source.path} imports ${target} from outside src`];
      const part = path.includes('/') ? (path.split('/')[0] ?? '') : 'ground';
      const fine =
        part === source.part ||
        (below[source.part] ?? []).includes(part) ||
        (allowed.get(source.part) ?? []).includes(path);
      return fine ? [] : [`${source.path} (${source.part}) imports ${path} (${part})`];
    }),
  );
}

function cycles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push([...trail.slice(at), path].join(' → '));
      return;
    }
    const source = byPath.get(path);
    if (!source || done.has(path)) return;
    for (const { target, typeOnly } of source.imports) {
      const next = typeOnly ? null : resolve(source, target);
      if (next !== null) visit(next, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
}

function strayPackages(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap(({ target }) => {
      if (target.startsWith('.') || target.startsWith('virtual:')) return [];
      if (target.startsWith('node:')) return source.part === 'relay' ? [] : [`${source.path} uses ${target}`];
      const name = packageOf(target);
      const parts = packages[name];
      if (!parts) return [`${source.path} uses ${name}, which no part is there for`];
      return parts.includes(source.part)
        ? []
        : [`${source.path} uses ${name}, which belongs to ${parts.join(', ')}`];
    }),
  );
}

function pastTheRuntime(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => underRuntime.includes(source.part) && !relayEdges.includes(source.path))
    .flatMap((source) => source.uses.map((use) => `${source.path} uses ${use}`));
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .sort()
  .map((path) => readSource(path, readFileSync(join(root, 'src', path), 'utf8')));

describe('the parts', () => {
  test('TEST-2: every file belongs to a part, and imports only go to parts below', () => {
    expect(sources.filter(({ part }) => !(part in below)).map(({ path }) => path)).toEqual([]);
    expect(wrongDirections(sources)).toEqual([]);
  });

  test('TEST-2: no file leads back to itself through its imports', () => {
    expect(cycles(sources)).toEqual([]);
  });

  test('TEST-2: each package is used only in the part that is there for it', () => {
    expect(strayPackages(sources)).toEqual([]);
  });

  test('TEST-2: below the worker, time, randomness, network, storage and timers come only through the Runtime', () => {
    expect(pastTheRuntime(sources)).toEqual([]);
  });
});

describe('the checks themselves', () => {
  const check = (path: string, text: string): Source => readSource(path, text);

  test('TEST-2: an import that goes up is found, as a value, as a type, as a re-export and as a dynamic import', () => {
    for (const text of [
      "import { run } from '../sync/cycle.ts';",
      "import type { Run } from '../sync/cycle.ts';",
      "export * from '../sync/cycle.ts';",
      "export type { Run } from '../sync/cycle.ts';",
      "const run = await import('../sync/cycle.ts');",
    ]) {
      expect(wrongDirections([check('store/journal.ts', text)]), text).toHaveLength(1);
    }
    expect(
      wrongDirections([check('store/journal.ts', "import { a } from '../remote/relay-client.ts';")]),
    ).toHaveLength(1);
    expect(
      wrongDirections([check('relay/main.ts', "import { a } from '../store/journal.ts';")]),
    ).toHaveLength(1);
    expect(wrongDirections([check('app/main.tsx', "import { a } from '../model/merge.ts';")])).toHaveLength(
      1,
    );
    expect(wrongDirections([check('store/journal.ts', "import { a } from '../model/merge.ts';")])).toEqual(
      [],
    );
  });

  test('TEST-2: a cycle of three files is found, and one of types alone is not one', () => {
    const three = ['b', 'c', 'a'].map((next, i) =>
      check(`model/${'abc'[i]}.ts`, `import { x } from './${next}.ts';`),
    );
    expect(cycles(three)).toEqual(['model/a.ts → model/b.ts → model/c.ts → model/a.ts']);
    const types = ['b', 'a'].map((next, i) =>
      check(`model/${'ab'[i]}.ts`, `import type { X } from './${next}.ts';`),
    );
    expect(cycles(types)).toEqual([]);
  });

  test.for([
    ['const t = Date.now();', 'Date.now'],
    ['const t = new Date();', 'new Date()'],
    ['const t = Math.random();', 'Math.random'],
    ['const t = performance.now();', 'performance.now'],
    ['const t = globalThis.performance.now();', 'performance.now'],
    ['await fetch("/");', 'fetch'],
    ['const f = fetch;', 'fetch'],
    ['const o = { fetch };', 'fetch'],
    ['await globalThis.fetch("/");', 'fetch'],
    ['indexedDB.open("x");', 'indexedDB'],
    ['const n = self.navigator.onLine;', 'self'],
    ['setTimeout(() => {}, 5);', 'setTimeout'],
    ['const r = crypto.getRandomValues(new Uint8Array(1));', 'crypto.getRandomValues'],
    ['const r = globalThis.crypto.getRandomValues(new Uint8Array(1));', 'crypto.getRandomValues'],
    ['const s = AbortSignal.timeout(5);', 'AbortSignal.timeout'],
    ['new BroadcastChannel("x");', 'BroadcastChannel'],
  ])('TEST-2: %s below the worker is found', ([text, use]) => {
    expect(pastTheRuntime([check('store/journal.ts', text)]).join()).toContain(`uses ${use}`);
    expect(pastTheRuntime([check('worker/main.ts', text)])).toEqual([]);
  });

  test.for([
    'await runtime.fetch("/");',
    'const t = runtime.now();',
    'type F = typeof fetch; let f: F;',
    'const o = { fetch: runtime.fetch };',
    'interface R { fetch(url: string): Promise<Response> }',
    'class R { fetch(): void {} }',
    'await globalThis.crypto.subtle.digest("SHA-256", bytes);',
    'const d = new Date(stamp).toISOString();',
  ])('TEST-2: %s is no use of a global', (text) => {
    expect(pastTheRuntime([check('store/journal.ts', text)])).toEqual([]);
  });

  test('TEST-2: a package in the wrong part, and one that no part is there for, are found', () => {
    expect(strayPackages([check('sync/seal.ts', "import { gzipSync } from 'fflate';")])).toHaveLength(1);
    expect(strayPackages([check('model/merge.ts', "import _ from 'lodash';")])).toHaveLength(1);
    expect(strayPackages([check('model/merge.ts', "import fs from 'node:fs';")])).toHaveLength(1);
    expect(
      strayPackages([check('crypto/hash.ts', "import { sha256 } from '@noble/hashes/sha2.js';")]),
    ).toEqual([]);
  });
});

test('TEST-2: the top level holds sources, tests, docs and the few files that must be there', () => {
  const tops = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => path.split('/')[0] ?? '');
  const files = 'package.json package-lock.json tsconfig.json vite.config.ts index.html README.md LICENSE';
  const named = new Set([...files.split(' '), 'src', 'public', 'tests', 'docs']);
  expect([...new Set(tops)].filter((top) => !named.has(top) && !top.startsWith('.'))).toEqual([]);
});
