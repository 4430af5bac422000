import { createHash, randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import type { BuildOptions, Plugin, Rolldown } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { BrowserProviderOption } from 'vitest/node';
import { chromiumArgs, findChromium } from './tests/engines/chromium.mjs';
import { findFirefox, firefoxLaunch } from './tests/engines/firefox.mjs';
import { webkitProvider } from './tests/engines/webkit-provider.ts';

/**
 * Three products from one file:
 *
 *   vite build          the app, its worker and service worker  → dist/app
 *   vite build --ssr src/relay/main.ts    the relay, for Node   → dist/relay
 *   vite                the app with a relay inside the dev server, its data in .cairn/
 *
 * and the test projects: `node`; `chromium`, `firefox`, `webkit` (Vitest's browser mode); `e2e` and `e2e-timed` (drive whole browsers).
 */
const inRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Vite wraps each dynamic import in a loader of styles and preloads; ours have neither, and the wrapper weighs 1 KB. */
const plainDynamicImports: Plugin = {
  name: 'cairn-plain-dynamic-imports',
  apply: 'build',
  enforce: 'pre',
  load: (id) =>
    id.endsWith('vite/preload-helper.js') ? 'export const __vitePreload = (load) => load();' : null,
};

/**
 * Builds the worker in the page's own graph. Vite would build it by itself, and then every visit loads twice what both are made of:
 * the schema's rules, Comlink, errors, bytes.
 */
const workerBesidePage: Plugin = {
  name: 'cairn-worker-beside-page',
  apply: 'build',
  enforce: 'pre',
  async transform(code, id) {
    const address = /new URL\('(\.\/[^']*worker\.ts)', import\.meta\.url\)/.exec(code);
    if (address === null) return null;
    const [written, path = ''] = address;
    const worker = await this.resolve(path, id);
    if (worker === null) return null;
    const file = this.emitFile({ type: 'chunk', id: worker.id, name: 'cairn-worker' });
    return code.replace(written, `import.meta.ROLLUP_FILE_URL_${file}`);
  },
};

/** fflate is one file. What packs is loaded later than what unpacks, so it gets a copy of its own, of which only its half is left. */
const halvesOfFflate: Plugin = {
  name: 'cairn-halves-of-fflate',
  apply: 'build',
  enforce: 'pre',
  async resolveId(source, importer) {
    if (source !== 'fflate' || !importer?.endsWith('crypto/deflate.ts')) return null;
    const whole = await this.resolve(source, importer, { skipSelf: true });
    return whole === null ? null : `${whole.id}?deflate`;
  },
};

type Modules = Pick<Rolldown.PluginContext, 'getModuleInfo'>;

/** All modules that loading one of them loads with it; with `later`, those also that they load when they need them. */
function loadedWith(module: string, modules: Modules, later = false): Set<string> {
  const found = new Set([module]);
  for (const id of found) {
    const info = modules.getModuleInfo(id);
    for (const next of info?.importedIds ?? []) found.add(next);
    if (later) for (const next of info?.dynamicallyImportedIds ?? []) found.add(next);
  }
  return found;
}

const pageEntry = inRoot('src/app/main.tsx');
const workerEntry = inRoot('src/app/cairn-worker.ts');

/** The page loads it at its start, and the worker at some time: never together with what only a page can run. */
const isShared = (id: string, modules: Modules): boolean =>
  loadedWith(workerEntry, modules, true).has(id) && loadedWith(pageEntry, modules).has(id);

/** The worker loads it before it opens a space. */
const isForRows = (id: string, modules: Modules): boolean =>
  id !== workerEntry && loadedWith(workerEntry, modules).has(id);

/** The page loads it before it shows anything. */
const isForPage = (id: string, modules: Modules): boolean =>
  id !== pageEntry && loadedWith(pageEntry, modules).has(id);

const app: BuildOptions = {
  outDir: 'dist/app',
  target: 'es2023',
  // Nothing inlined as data: URLs, which the strict Content-Security-Policy would refuse.
  assetsInlineLimit: 0,
  // The page names what its script imports, so that both are fetched at once; what comes later is fetched when it is asked for.
  modulePreload: {
    polyfill: false,
    resolveDependencies: (_url, deps, { hostType }) => (hostType === 'html' ? deps : []),
  },
  rolldownOptions: {
    output: {
      // One file for what every visit needs, instead of one for each set of screens that share a part of it; the same for
      // what the worker needs to show rows, and for what page and worker share.
      codeSplitting: {
        groups: [
          { name: (id, modules) => (isShared(id, modules) ? 'shared' : null), priority: 2 },
          { name: (id, modules) => (isForRows(id, modules) ? 'rows' : null), priority: 1 },
          { name: (id, modules) => (isForPage(id, modules) ? 'first' : null) },
        ],
      },
    },
  },
};

const relay = {
  outDir: 'dist/relay',
  target: 'node20',
  copyPublicDir: false,
} as const;

/**
 * The service worker is our own code (src/app/service-worker.ts); the plugin only gives it the list of built files. Each has its hash as
 * `integrity` takes it: what is stored is what was built, whatever a server answers.
 */
function serviceWorker(): Plugin[] {
  if (!existsSync(inRoot('src/app/service-worker.ts'))) return [];
  let folder = '';
  const hashed = (file: string): string =>
    `sha256-${createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('base64')}`;
  const pwa = VitePWA({
    strategies: 'injectManifest',
    srcDir: 'src/app',
    filename: 'service-worker.ts',
    injectRegister: false,
    manifest: false,
    injectManifest: {
      globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
      rollupFormat: 'es',
      manifestTransforms: [
        (files) => ({ manifest: files.map((file) => ({ ...file, revision: hashed(file.url) })) }),
      ],
    },
  });
  const folderKnown: Plugin = {
    name: 'cairn-built-folder',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
  };
  return [folderKnown, ...pwa];
}

/** Serves the relay's paths of the dev server by the real relay handler, loaded through Vite. */
function relayInDev(): Plugin {
  return {
    name: 'cairn-relay-in-dev',
    apply: 'serve',
    async configureServer(server) {
      if (process.env.VITEST) return;
      const { getRequestListener } = await import('@hono/node-server');
      const { openRelay } = await server.ssrLoadModule('/src/relay/main.ts');
      const port = server.config.server.port ?? 5173;
      const opened = await openRelay({ origin: `http://localhost:${port}`, data: inRoot('.cairn/dev') });
      const listener = getRequestListener(opened.fetch);
      server.middlewares.use((request, response, next) => {
        if (/^\/(v1\/|healthz|readyz|metrics)/.test(request.url ?? '')) void listener(request, response);
        else next();
      });
      server.httpServer?.on('close', () => void opened.close());
    },
  };
}

/** One seed for every random test of this run (tests/property.ts); printed once, taken from SEED to replay. */
function testSeed(): number {
  if (!process.env.SEED) {
    process.env.SEED = String(randomInt(2 ** 31));
    if (process.env.VITEST) console.log(`Random tests start from SEED=${process.env.SEED}`);
  }
  return Number(process.env.SEED);
}

/** The dependencies that browser tests reach, named so that none is found, and pages reloaded, in the middle of a test. */
const browserDependencies = [
  'idb',
  'comlink',
  'fflate',
  'fast-check',
  'papaparse',
  'preact',
  'preact/hooks',
  'preact/jsx-runtime',
  'preact/jsx-dev-runtime',
  '@preact/signals',
  '@noble/ed25519',
  '@noble/hashes/sha2.js',
  '@hpke/core',
];

/**
 * The browser suites in one engine: a project of its own, so that engines run one after the other and each can be missing.
 * Looking for a browser starts it, so it is done for tests alone.
 */
function inBrowser(
  name: 'chromium' | 'firefox' | 'webkit',
  provider: () => BrowserProviderOption,
): TestProjectInlineConfiguration {
  return {
    extends: true,
    optimizeDeps: { include: browserDependencies },
    test: {
      name,
      include: ['tests/**/*.browser.test.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: process.env.VITEST ? provider() : undefined,
        instances: [{ browser: name }],
      },
    },
  };
}

/** End-to-end tests that measure times. */
const timed = ['tests/e2e/tabs.test.ts', 'tests/e2e/large-lists.test.ts'];

/** Real browsers and a real relay on shared cores, with time to wait for conditions. */
function endToEnd(
  name: string,
  options: TestProjectInlineConfiguration['test'],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      environment: 'node',
      expect: { poll: { timeout: 20_000, interval: 50 } },
      testTimeout: 240_000,
      hookTimeout: 120_000,
      ...options,
    },
  };
}

export default defineConfig(({ command, isSsrBuild }) => ({
  plugins:
    command === 'build'
      ? isSsrBuild
        ? []
        : [plainDynamicImports, workerBesidePage, halvesOfFflate, serviceWorker()]
      : [relayInDev()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: isSsrBuild ? relay : app,
  server: { host: '127.0.0.1' },
  test: {
    provide: {
      seed: testSeed(),
      shrunk: process.env.SHRUNK ?? '',
      maxRuns: Number(process.env.RUNS ?? Number.MAX_SAFE_INTEGER),
    },
    allowOnly: false,
    retry: 0,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/**/*.browser.test.ts', 'tests/e2e/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      inBrowser('chromium', () =>
        playwright({ launchOptions: { executablePath: findChromium() ?? undefined, args: chromiumArgs } }),
      ),
      inBrowser('firefox', () => playwright({ launchOptions: firefoxLaunch(findFirefox() ?? '') })),
      inBrowser('webkit', webkitProvider),
      endToEnd('e2e', { include: ['tests/e2e/**/*.test.ts'], exclude: timed, maxWorkers: 2 }),
      // After the others, when the cores are free.
      endToEnd('e2e-timed', { include: timed, maxWorkers: 1, sequence: { groupOrder: 1 } }),
    ],
  },
}));
