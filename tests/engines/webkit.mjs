/**
 * Where the real WebKit of the tests comes from: Debian's WebKitGTK with its driver, on a screen that is nowhere (Xvfb).
 * Elsewhere there is none that a test may drive: Safari's driver wants a person's consent.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages, isProgram, onPath } from './packages.mjs';

/** @typedef {{ readonly driver: string, readonly browser: string, readonly screen: string }} WebKit */

/** WebKitGTK's own small browser lies beside its processes, in a folder named for machine and release. */
function miniBrowsers() {
  const folders = (/** @type {string} */ of) => {
    try {
      return readdirSync(of).map((name) => join(of, name));
    } catch {
      return [];
    }
  };
  const isRelease = (/** @type {string} */ path) => /\/webkit(2)?gtk-[\d.]+$/.test(path);
  return ['/usr/lib', '/usr/libexec', '/usr/lib64']
    .flatMap((top) => [...folders(top), ...folders(top).flatMap(folders)])
    .filter(isRelease)
    .sort()
    .reverse()
    .map((release) => join(release, 'MiniBrowser'))
    .filter(isProgram);
}

/** The programs of a WebKit that is here, or null. @returns {WebKit | null} */
export function findWebKit() {
  const [driver] = onPath(['WebKitWebDriver']);
  const [screen] = onPath(['Xvfb']);
  const [browser] = driver && screen ? miniBrowsers() : [];
  return driver && screen && browser ? { driver, screen, browser } : null;
}

/** Neither driver nor browser tells its version; the package does. */
export function versionOfWebKit() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Version}', 'webkit2gtk-driver'], {
    encoding: 'utf8',
  });
  return `WebKitGTK ${stdout?.trim() ?? ''}`.trim();
}

/** The programs of a WebKit, installed where that is possible, or null. */
export function provideWebKit() {
  const here = findWebKit();
  if (here) return here;
  return installPackages('webkit2gtk-driver', 'xvfb') ? findWebKit() : null;
}
