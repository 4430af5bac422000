/**
 * Where the real Firefox of the tests comes from: FIREFOX_PATH, a Firefox on PATH or in its usual place, or Debian's
 * package. It is stock Firefox, driven over WebDriver BiDi by Playwright's channel `moz-firefox`; Playwright's own builds are
 * patched, and are not used.
 */
import { installPackages, isProgram, onPath, versionOf } from './packages.mjs';

const names = ['firefox-esr', 'firefox'];
const places = ['/usr/lib/firefox-esr/firefox-esr', '/Applications/Firefox.app/Contents/MacOS/firefox'];

/** The path of a Firefox that is here, or null. A FIREFOX_PATH that does not exist is an error, not a hint. */
export function findFirefox() {
  const told = process.env.FIREFOX_PATH;
  if (told) {
    if (!isProgram(told)) throw new Error(`FIREFOX_PATH is ${told}, which is not an executable file`);
    return told;
  }
  return [...onPath(names), ...places].find((path) => isProgram(path) && versionOf(path) !== null) ?? null;
}

/** What Playwright needs to start this Firefox. @param {string} executablePath */
export function firefoxLaunch(executablePath) {
  return { channel: 'moz-firefox', executablePath, headless: true };
}

/** The path of a Firefox, installed where that is possible, or null. */
export function provideFirefox() {
  const here = findFirefox();
  if (here) return here;
  return installPackages('firefox-esr') ? findFirefox() : null;
}
