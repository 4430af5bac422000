/**
 * Keeps docs/requirements.md true: reads the requirement ids out of test titles and writes, under each requirement, the
 * tests that prove it. `node tests/requirements.mjs --write` rewrites the document; without it, says what is not true.
 *
 * A requirement is two lines of the document:
 *
 *     - **MRG-2** Merge is commutative, …
 *       — Proved by `tests/model/merge.test.ts`.
 *
 * where the second is one of: Proved by …. | Proved in part by …; the rest: “Issue”, “Issue”. | Later: “Issue”. | No proof yet.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = join(root, 'docs', 'requirements.md');

/** What a requirement may wait for: the later issues, and the first release. */
export const laterIssues = [
  'A store that is fast at a million rows',
  'The verified sync engine',
  'Members and keys',
  'Snapshots',
  'Blobs',
  'A second storage for the relay',
  'The first release',
];

const groups = 'LOG ENG PULL PUSH MRG MEM KEY JOIN SNAP BLOB STORE RELAY APP TEST'.split(' ');
const idPattern = new RegExp(`\\b(?:${groups.join('|')})-\\d+\\b`, 'g');

/** @typedef {{id: string, statement: string, proof: string, line: number}} Requirement */
/** @typedef {{file: string, title: string, ids: string[]}} Title */

/** @param {unknown} node @returns {node is Record<string, unknown> & {type: string}} */
function isNode(node) {
  return typeof node === 'object' && node !== null && 'type' in node && typeof node.type === 'string';
}

/** The constant text of a string or template literal, or null. @param {unknown} node @returns {string | null} */
function textOf(node) {
  if (!isNode(node)) return null;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return null;
  return node.quasis.map((quasi) => quasi.value.raw).join('…');
}

/** Titles that begin with requirement ids: the first argument of a call. @param {string} file @param {string} source @returns {Title[]} */
export function titlesOf(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  /** @type {Title[]} */
  const titles = [];
  const visit = (/** @type {unknown} */ node) => {
    if (Array.isArray(node)) for (const child of node) visit(child);
    if (!isNode(node)) return;
    if (node.type === 'CallExpression' && Array.isArray(node.arguments)) {
      const title = textOf(node.arguments[0]);
      const ids = title?.slice(0, title.indexOf(':') + 1).match(idPattern) ?? [];
      if (title?.startsWith(ids[0] ?? ' ')) titles.push({ file, title, ids });
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child);
  };
  visit(program);
  return titles;
}

/** Every title with ids in tests/. @returns {Title[]} */
export function allTitles() {
  return (
    readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
      // Suites that several test files run stand in files of their own.
      .filter((path) => path.endsWith('.ts'))
      .sort()
      .flatMap((path) => titlesOf(`tests/${path}`, readFileSync(join(root, 'tests', path), 'utf8')))
  );
}

/** @param {string} text @returns {Requirement[]} */
export function requirementsOf(text) {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const match = /^- \*\*([A-Z]+-\d+)\*\* (.+)$/.exec(line);
    if (!match) return [];
    const [, id = '', statement = ''] = match;
    return [{ id, statement, proof: (lines[at + 1] ?? '').replace(/^ {2}— /, ''), line: at + 1 }];
  });
}

/** The later issues a proof line names. @param {string} proof */
export function issuesIn(proof) {
  return [...proof.matchAll(/“([^”]+)”/g)].map(([, issue = '']) => issue);
}

/** The test files a proof line names. @param {string} proof */
export function filesIn(proof) {
  return [...proof.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
}

/** @param {Requirement} requirement @param {readonly Title[]} titles */
export function proofOf({ id, proof }, titles) {
  const files = [...new Set(titles.filter(({ ids }) => ids.includes(id)).map(({ file }) => file))].sort();
  const issues = issuesIn(proof).map((issue) => `“${issue}”`);
  const listed = files.map((file) => `\`${file}\``).join(', ');
  if (files.length === 0) return issues.length > 0 ? `Later: ${issues.join(', ')}.` : 'No proof yet.';
  return issues.length > 0
    ? `Proved in part by ${listed}; the rest: ${issues.join(', ')}.`
    : `Proved by ${listed}.`;
}

/** The document with every proof line written from the tests. @param {string} text @param {readonly Title[]} titles */
export function withProofs(text, titles) {
  const lines = text.split('\n');
  for (const requirement of requirementsOf(text)) {
    lines[requirement.line] = `  — ${proofOf(requirement, titles)}`;
  }
  return lines.join('\n');
}

export function readDocument() {
  return readFileSync(document, 'utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = readDocument();
  const truth = withProofs(text, allTitles());
  if (process.argv.includes('--write')) writeFileSync(document, truth);
  else if (truth !== text) {
    console.error('docs/requirements.md is behind the tests; node tests/requirements.mjs --write');
    process.exitCode = 1;
  }
  const proofs = requirementsOf(truth).map(({ proof }) => proof);
  const starting = (/** @type {string} */ word) => proofs.filter((proof) => proof.startsWith(word)).length;
  console.log(
    `${proofs.length} requirements: ${starting('Proved by')} proved, ${starting('Proved in part')} in part, ` +
      `${starting('Later')} later, ${starting('No proof')} with no proof yet`,
  );
}
