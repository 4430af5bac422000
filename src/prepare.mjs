/**
 * What `npm start`, `npm test` and `npm run bench` do before anything else, on a machine that has only Node and npm:
 * install the dependencies that package-lock.json names, and build what is missing or stale. Node built-ins alone,
 * since nothing else may be there yet.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const lowestNode = [20, 19];

/** Ends with a plain sentence if this Node is too old to run what follows. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = lowestNode;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  console.error(`Cairn needs Node ${lowestNode.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a command in the root with its output shown; throws with `what` if it fails. @param {string} what @param {string} command @param {string[]} args */
function run(what, command, args) {
  // Started from a test or not, a build is a build for production.
  const { NODE_ENV: _, VITEST: __, ...env } = process.env;
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (error) throw new Error(`${what} could not start: ${error.message}`);
  if (status !== 0) throw new Error(`${what} failed (${signal ?? `exit code ${status}`})`);
}

/** @param {string} path */
function changedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** Installs exactly what package-lock.json names, unless that has been done since it last changed. */
export function install() {
  const installed = changedAt(join(root, 'node_modules', '.package-lock.json'));
  if (installed > 0 && installed >= changedAt(join(root, 'package-lock.json'))) return;
  console.log('Installing dependencies…');
  run('npm ci', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

/** A script that an installed package runs on the command line, to be started with this Node. @param {string} name */
export function installedScript(name) {
  return join(root, 'node_modules', ...name.split('/'));
}

/** One hash over name, size and time of every file that a build is made of. */
function sourcesState() {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`);
    else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const path of ['package-lock.json', 'vite.config.ts', 'tsconfig.json', 'index.html', 'public', 'src'])
    add(path);
  return hash.digest('hex');
}

/** Builds the app and the relay, unless what lies in dist was made from these very sources. */
export function build() {
  const stateFile = join(root, 'dist', '.sources');
  const state = sourcesState();
  const products = ['dist/app/index.html', 'dist/relay/main.js'].map((path) => join(root, path));
  const built = existsSync(stateFile) ? readFileSync(stateFile, 'utf8') : '';
  if (built === state && products.every((path) => existsSync(path))) return;
  console.log('Building the app and the relay…');
  const vite = installedScript('vite/bin/vite.js');
  run('The build of the app', process.execPath, [vite, 'build', '--logLevel', 'warn']);
  run('The build of the relay', process.execPath, [
    vite,
    'build',
    '--ssr',
    'src/relay/main.ts',
    '--logLevel',
    'warn',
  ]);
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, state);
}
