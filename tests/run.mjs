/**
 * `npm test`: everything, in order, from a fresh clone. Installs dependencies and browsers where they are missing, then
 * runs types and lint, the build, the tests in Node and in real Chromium, Firefox and WebKit, and the end-to-end tests (real
 * browsers, a real relay process). Chromium is required; which of the others did not run, and why, stands above the totals. A test that fails, is skipped or is left to do fails the run (TEST-12); so does an error
 * outside any test. The last line is the totals: `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, installedScript, requireNode, root } from '../src/prepare.mjs';
import { provideEngines } from './engines/provide.mjs';

/** All of it should end within this, on two cores; longer is said at the end. */
const budgetMs = 20 * 60 * 1000;
/** After this something hangs, and is ended: a slow or busy machine is no failure. */
const patienceMs = 3 * budgetMs;
const started = performance.now();

let passed = 0;
let failed = 0;
/** @type {string[]} */
const failures = [];

/** The engines that tests run in, and those that they do not, with the reason. */
/** @type {string[]} */
const engines = [];
/** @type {string[]} */
const notRun = [];

function sayEngines() {
  console.log(`Engines: ${engines.join(', ')}`);
  for (const why of notRun) console.log(`Not run: ${why}`);
}

/** @param {string} name @param {boolean} ok */
function count(name, ok) {
  if (ok) passed++;
  else {
    failed++;
    failures.push(name);
  }
}

/** @param {string} text */
function heading(text) {
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`\n== ${text} (at ${seconds} s) ==`);
}

/** Runs one of our tools to its end, within what is left of our patience. @param {string} script @param {string[]} args @returns {Promise<boolean>} */
function tool(script, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [installedScript(script), ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    const end = () => child.kill();
    process.once('exit', end);
    const tooLong = setTimeout(
      () => {
        console.error(`${script} did not end within the ${patienceMs / 60_000} minutes of the whole run`);
        child.kill('SIGKILL');
      },
      Math.max(0, patienceMs - (performance.now() - started)),
    );
    child.on('error', (error) => {
      console.error(error.message);
      clearTimeout(tooLong);
      resolve(false);
    });
    child.on('exit', (code) => {
      process.off('exit', end);
      clearTimeout(tooLong);
      resolve(code === 0);
    });
  });
}

/** Runs Vitest projects and adds up what their report says. @param {string} name @param {string[]} projects */
async function tests(name, projects) {
  heading(name);
  const folder = mkdtempSync(join(tmpdir(), 'cairn-report-'));
  const report = join(folder, 'report.json');
  const ok = await tool('vitest/vitest.mjs', [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const before = failed;
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    for (const file of testResults) {
      for (const { fullName, status, failureMessages } of file.assertionResults) {
        const [why = ''] = (failureMessages?.[0] ?? '').split('\n');
        count(`${name}: ${fullName}: ${status === 'failed' ? why : status}`, status === 'passed');
      }
      if (file.assertionResults.length === 0) count(`${file.name} ran no test`, false);
    }
    if (testResults.length === 0) count(`${name}: no test was found`, false);
  } catch (error) {
    count(`${name}: no report (${error instanceof Error ? error.message : error})`, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (!ok && failed === before) count(`${name}: an error outside the tests`, false);
}

/** What does not build is told now, and does not keep the tests that need no build from running. */
function builds() {
  try {
    build();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

// Whoever ends this ends what it runs, and that its browsers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

requireNode();
try {
  install();
  const found = provideEngines();
  engines.push(`Node ${process.versions.node}`, ...found.flatMap(({ version }) => version ?? []));
  notRun.push(...found.flatMap(({ name, missing }) => (missing === null ? [] : `${name}: ${missing}`)));
  sayEngines();

  heading('Types and lint');
  count('types', await tool('typescript/bin/tsc', ['--noEmit']));
  count('lint', await tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']));

  heading('Build');
  count('build', builds());

  await tests('Tests in Node and in Chromium', ['node', 'chromium']);
  // One engine after the other: each wants the cores that there are.
  for (const { name, version } of found) {
    if (version !== null && name !== 'chromium') await tests(`The browser suites in ${version}`, [name]);
  }
  await tests('End to end: real browsers, a real relay', ['e2e', 'e2e-timed']);
} catch (error) {
  console.error(error);
  count(error instanceof Error ? error.message : String(error), false);
}

heading('Done');
for (const name of failures) console.log(`failed: ${name}`);
sayEngines();
if (performance.now() - started > budgetMs) {
  console.log(`This took longer than the ${budgetMs / 60_000} minutes it should, on two cores.`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
