/**
 * Where the real Chromium of the tests comes from. In order: CHROMIUM_PATH, a Chromium or Chrome on PATH or in its
 * usual place, one that Playwright downloaded earlier; and, only when asked to install: Debian's package, then
 * Playwright's own download. Uses Node built-ins alone until it has to install.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const places = [
  '/usr/lib/chromium/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Flags for every Chromium of the tests: no sandbox (root in containers), and nothing that talks or throttles by itself. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-component-update',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
];

/** @param {string} path */
function runs(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What `--version` prints, or null if the browser does not even start (a wrapper whose package is missing, say). @param {string} path */
export function versionOf(path) {
  const { status, stdout } = spawnSync(path, ['--version', '--no-sandbox'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const version = stdout?.trim();
  return status === 0 && version ? version : null;
}

/** Chromium builds in Playwright's cache, newest first. */
function downloaded() {
  const own = process.env.PLAYWRIGHT_BROWSERS_PATH;
  const caches = [
    ...(own && own !== '0' ? [own] : []),
    join(homedir(), '.cache', 'ms-playwright'),
    join(homedir(), 'Library', 'Caches', 'ms-playwright'),
  ];
  const found = [];
  for (const cache of caches) {
    let builds;
    try {
      builds = readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name));
    } catch {
      continue;
    }
    builds.sort((a, b) => Number(b.slice(9)) - Number(a.slice(9)));
    for (const build of builds) {
      found.push(
        join(cache, build, 'chrome-linux64', 'chrome'),
        join(cache, build, 'chrome-linux', 'chrome'),
      );
      found.push(join(cache, build, 'chrome-mac', 'Chromium.app', 'Contents', 'MacOS', 'Chromium'));
    }
  }
  return found;
}

/** The path of a Chromium that is here, or null. A CHROMIUM_PATH that does not exist is an error, not a hint. */
export function findChromium() {
  const told = process.env.CHROMIUM_PATH;
  if (told) {
    if (!runs(told)) throw new Error(`CHROMIUM_PATH is ${told}, which is not an executable file`);
    return told;
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...places,
    ...downloaded(),
  ];
  return candidates.find((path) => runs(path) && versionOf(path) !== null) ?? null;
}

/** @param {string} command @param {string[]} args */
function attempt(command, args) {
  console.log(`> ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}

/** Installs Debian's package, as root or by a sudo that asks nothing. @returns {boolean} */
function installByApt() {
  if (process.platform !== 'linux' || !names.length) return false;
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
  } catch {
    return false;
  }
  const root = process.getuid?.() === 0;
  if (!root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return false;
  const apt = (/** @type {string[]} */ ...args) =>
    root ? attempt('apt-get', args) : attempt('sudo', ['-n', 'apt-get', ...args]);
  apt('update', '-q');
  return (
    apt('install', '-y', '-q', '--no-install-recommends', 'chromium', 'fonts-noto-core') ||
    apt('install', '-y', '-q', '--no-install-recommends', 'chromium')
  );
}

/** Playwright's own download, with the libraries it needs where we may install them. @returns {boolean} */
function installByPlaywright() {
  const cli = join(createRequire(import.meta.url).resolve('playwright-core/package.json'), '..', 'cli.js');
  const withLibraries = process.getuid?.() === 0 ? ['--with-deps'] : [];
  return (
    attempt(process.execPath, [cli, 'install', ...withLibraries, 'chromium']) ||
    attempt(process.execPath, [cli, 'install', 'chromium'])
  );
}

/** The path of a Chromium, installed if none is here. Throws with what to do when that fails. */
export function provideChromium() {
  const here = findChromium();
  if (here) return here;
  console.log('No Chromium here: installing one.');
  for (const install of [installByApt, installByPlaywright]) {
    if (!install()) continue;
    const path = findChromium();
    if (path) return path;
  }
  throw new Error('No Chromium could be installed. Install Chromium or Chrome, or set CHROMIUM_PATH to one.');
}
