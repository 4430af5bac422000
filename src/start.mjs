/**
 * `npm start`: everything from a fresh clone to a running relay that serves the app. Installs and builds what is
 * missing or stale, then runs the relay (PORT, CAIRN_DATA, CAIRN_ORIGIN: docs/relay.md) until it is told to stop.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, requireNode, root } from './prepare.mjs';

requireNode();
try {
  install();
  build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

const relay = spawn(process.execPath, [join(root, 'dist', 'relay', 'main.js')], {
  cwd: root,
  stdio: 'inherit',
});
// The relay ends gracefully by itself: a signal is passed on, and this process goes when the relay has gone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => relay.kill(signal));
}
relay.on('error', (error) => {
  console.error(`The relay could not start: ${error.message}`);
  process.exit(1);
});
relay.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
