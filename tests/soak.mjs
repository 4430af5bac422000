/**
 * `npm run soak`: what `npm test` runs a share of, in full: 200 kills of a worker, 100 more in compactions of 50,000 rows, 500
 * SIGKILLs of the relay, ten minutes of the oracle beside the app, 100,000 hostile requests, lists of 100,000 items.
 * `npm run sim -- --seeds N` is the simulator's own.
 */
import { spawnSync } from 'node:child_process';
import { build, install, installedScript, requireNode, root } from '../src/prepare.mjs';
import { provideChromium } from './engines/chromium.mjs';

requireNode();
install();
process.env.CHROMIUM_PATH = provideChromium();
build();

/** @type {readonly {project: string, file: string, env: Record<string, string>}[]} */
const soaks = [
  { project: 'e2e', file: 'tests/e2e/seeded-kills.test.ts', env: { KILLS: '200' } },
  { project: 'e2e', file: 'tests/e2e/compaction-kills.test.ts', env: { KILLS: '100', ROWS: '50000' } },
  { project: 'node', file: 'tests/relay/kills.test.ts', env: { KILLS: '500' } },
  { project: 'e2e', file: 'tests/e2e/oracle.test.ts', env: { ORACLE_SECONDS: '600' } },
  { project: 'node', file: 'tests/hostile-client', env: { REQUESTS: '100000' } },
  { project: 'e2e-timed', file: 'tests/e2e/large-lists.test.ts', env: { ITEMS: '100000' } },
];
let failed = 0;
for (const { project, file, env } of soaks) {
  const args = [installedScript('vitest/vitest.mjs'), 'run', '--project', project, file];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
