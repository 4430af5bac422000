/**
 * `npm run sim -- --seeds N [--from SEED] [--planted NAME] [--processes P]`: bundles the simulator, with a planted bug if one is named,
 * and runs the seeds in P processes (2). Exits with 1 at the first seed that breaks, and prints its shrunk history.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { plant } from './planted.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    planted: { type: 'string' },
    processes: { type: 'string', default: '2' },
    shrink: { type: 'string', default: 'yes' },
  },
});

const here = fileURLToPath(new URL('.', import.meta.url));
// Inside node_modules, so that the bundle finds the packages it leaves outside.
const folder = mkdtempSync(join(here, '../../node_modules/.sim-'));
const started = performance.now();
let code = 1;
try {
  await build({
    configFile: false,
    logLevel: 'error',
    plugins: values.planted === undefined ? [] : [plant(values.planted)],
    build: { ssr: join(here, 'main.ts'), outDir: folder, target: 'node20', minify: false },
  });
  const processes = Number(values.processes);
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = [];
  const codes = await Promise.all(
    Array.from({ length: processes }, (_, share) => {
      const args = [
        '--seeds',
        values.seeds,
        '--from',
        values.from,
        '--share',
        `${share}/${processes}`,
        '--shrink',
        values.shrink,
      ];
      const child = spawn(process.execPath, ['--enable-source-maps', join(folder, 'main.js'), ...args], {
        stdio: 'inherit',
      });
      children.push(child);
      process.once('SIGTERM', () => child.kill());
      return new Promise((resolve) => {
        child.on('exit', (exit) => {
          // One that broke says so; the others need not go on.
          if (exit !== 0) for (const other of children) if (other !== child) other.kill();
          resolve(exit ?? 1);
        });
      });
    }),
  );
  code = codes.every((exit) => exit === 0) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${code === 0 ? 'held' : 'broke'} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = code;
