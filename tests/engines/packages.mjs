/** Debian's packages, and programs that are here already. Node built-ins alone. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @param {string} path */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Every program on PATH that has one of these names, the first name first. @param {readonly string[]} names */
export function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isProgram);
}

/** What `--version` prints, or null if the program does not even start (a wrapper whose package is missing, say). @param {string} path @param {string[]} args */
export function versionOf(path, ...args) {
  const { status, stdout } = spawnSync(path, ['--version', ...args], { encoding: 'utf8', timeout: 60_000 });
  const version = stdout?.trim();
  return status === 0 && version ? version : null;
}

/** @param {string} command @param {string[]} args */
export function attempt(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 10 * 60_000,
  });
  return status === 0;
}

/** Why packages cannot be installed here, or null if they can: as root, or by a sudo that asks nothing. */
export function whyNoPackages() {
  const runs = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  if (!runs('apt-get', '--version')) return 'there is no apt-get here';
  if (process.getuid?.() !== 0 && !runs('sudo', '-n', 'true')) return 'sudo would ask for a password';
  return null;
}

let isListFresh = false;

/** Installs Debian's packages where that is possible. @param {readonly string[]} names @returns {boolean} */
export function installPackages(...names) {
  if (whyNoPackages() !== null) return false;
  const apt = (/** @type {string[]} */ ...args) =>
    process.getuid?.() === 0 ? attempt('apt-get', args) : attempt('sudo', ['-n', 'apt-get', ...args]);
  if (!isListFresh) apt('update', '-q');
  isListFresh = true;
  return apt('install', '-y', '-q', '--no-install-recommends', ...names);
}
