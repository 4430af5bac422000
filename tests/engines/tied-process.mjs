/** Processes that end with the one that started them, however that ends: nobody is left behind by a run that is killed. */
import { spawn } from 'node:child_process';

/**
 * Becomes the program that it is given, beside a watcher that reads from the fifth of its pipes. The other end is held by whoever started
 * it and by nobody else; when that goes, the watcher ends its group, and with it all that the program has started.
 */
const besideWatcher = '(read -r _ <&4; kill -KILL 0) 3>&- & exec "$@" 4<&-';

/**
 * Starts a program as the leader of a group of its own. The fourth of its pipes is free to be used; its output goes nowhere.
 * @param {string} program @param {readonly string[]} args @param {NodeJS.ProcessEnv} env
 */
export function spawnTied(program, args, env) {
  const child = spawn('/bin/sh', ['-c', besideWatcher, 'sh', program, ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  child.on('error', () => {});
  child.on('exit', () => child.stdio[4]?.destroy());
  return child;
}
