/**
 * Builds the app several times, for tests of updates: `node builds.mjs <folder> <name> …`. Each chunk of a build notes the build's name
 * where it runs, so that a page or a worker can be asked which builds it is made of.
 */
import { join } from 'node:path';
import { build } from 'vite';
import { root } from '../../src/prepare.mjs';

const [folder = '', ...names] = process.argv.slice(2);
for (const name of names) {
  const banner = `(globalThis.cairnBuilds ??= new Set()).add('${name}');`;
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(folder, name), emptyOutDir: true, rolldownOptions: { output: { banner } } },
  });
}
