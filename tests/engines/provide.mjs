/**
 * The engines that the tests run in. Chromium is required; Firefox and WebKit are installed where they can be, and what is
 * not here is told with its reason, never silently left out.
 */
import { provideChromium, versionOfChromium } from './chromium.mjs';
import { provideFirefox } from './firefox.mjs';
import { versionOf, whyNoPackages } from './packages.mjs';
import { provideWebKit, versionOfWebKit } from './webkit.mjs';

/**
 * @typedef {'chromium' | 'firefox' | 'webkit'} EngineName
 * @typedef {{ readonly name: EngineName, readonly version: string, readonly missing: null }} EngineHere
 * @typedef {{ readonly name: EngineName, readonly version: null, readonly missing: string }} EngineMissing
 */

/** @param {EngineName} name @param {() => string | null} provide @returns {EngineHere | EngineMissing} */
function attempted(name, provide) {
  try {
    const version = provide();
    if (version !== null) return { name, version, missing: null };
    const why = whyNoPackages() ?? 'Debian’s packages could not be installed (see above)';
    return { name, version: null, missing: `it is not here, and ${why}` };
  } catch (error) {
    return { name, version: null, missing: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * All three, as they are once what can be installed is installed. Throws when there is no Chromium.
 * @returns {(EngineHere | EngineMissing)[]}
 */
export function provideEngines() {
  const chromium = provideChromium();
  // Children need not look for it again.
  process.env.CHROMIUM_PATH = chromium;
  return [
    { name: 'chromium', version: versionOfChromium(chromium) ?? 'Chromium', missing: null },
    attempted('firefox', () => {
      const path = provideFirefox();
      if (path === null) return null;
      process.env.FIREFOX_PATH = path;
      return versionOf(path) ?? 'Firefox';
    }),
    attempted('webkit', () => (provideWebKit() === null ? null : versionOfWebKit())),
  ];
}
