/**
 * A thread that does the same small piece of work again and again, and counts how much longer than usual it takes: what other
 * processes take away of the machine while something else is measured.
 */
import { parentPort } from 'node:worker_threads';

/** Takes a few milliseconds. */
function work() {
  let sum = 0;
  for (let i = 0; i < 4_000_000; i += 1) sum = (sum * 31 + i) | 0;
  return sum;
}

let least = Number.POSITIVE_INFINITY;
let greatest = 0;
for (let i = 0; i < 20; i += 1) work();
const timer = setInterval(() => {
  const start = performance.now();
  work();
  const took = performance.now() - start;
  least = Math.min(least, took);
  greatest = Math.max(greatest, took);
}, 40);
parentPort?.once('message', () => {
  clearInterval(timer);
  parentPort?.postMessage(greatest / least);
});
