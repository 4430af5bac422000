/**
 * Where the real Chromium of the tests comes from. In order: CHROMIUM_PATH, a Chromium or Chrome on PATH or in its
 * usual place, one that Playwright downloaded earlier; and, only when asked to install: Debian's package, then
 * Playwright's own download. Uses Node built-ins alone until it has to install.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { attempt, installPackages, isProgram, onPath, versionOf } from './packages.mjs';

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

/** @param {string} path */
export function versionOfChromium(path) {
  return versionOf(path, '--no-sandbox');
}

/** The path of a Chromium that is here, or null. A CHROMIUM_PATH that does not exist is an error, not a hint. */
export function findChromium() {
  const told = process.env.CHROMIUM_PATH;
  if (told) {
    if (!isProgram(told)) throw new Error(`CHROMIUM_PATH is ${told}, which is not an executable file`);
    return told;
  }
  const candidates = [...onPath(names), ...places, ...downloaded()];
  return candidates.find((path) => isProgram(path) && versionOfChromium(path) !== null) ?? null;
}

/** Debian's package, with fonts for the world's writing where they are to be had. @returns {boolean} */
function installByApt() {
  return installPackages('chromium', 'fonts-noto-core') || installPackages('chromium');
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
