/** The simulator as a program: `--seeds N` (default 500), `--from SEED`, `--share I/N` (this process's part of them). */
import { parseArgs } from 'node:util';
import { describe, isFailure, shrink, simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    share: { type: 'string', default: '0/1' },
    shrink: { type: 'string', default: 'yes' },
  },
});
const [share, shares] = values.share.split('/').map(Number);
if (share === undefined || shares === undefined || !(share < shares))
  throw new RangeError(`--share ${values.share}`);
const from = Number(values.from);
const seeds = Number(values.seeds);
const totals: Record<string, number> = {};
let current = from + share;
// A run of which nothing is left to happen outside of its world either: what it waits for never comes.
process.on('beforeExit', () => {
  void print(`seed ${current} broke at action ?: it waits for something that never comes\n`).then(() =>
    process.exit(1),
  );
});
// Long runs are ended before their time now and then: what was seen until then counts.
process.on('SIGTERM', () => {
  void print(`share ${values.share}: ended at seed ${current}; all before it held\n`).then(() =>
    process.exit(1),
  );
});
for (let seed = from + share; seed < from + seeds; seed += shares) {
  current = seed;
  const outcome = await simulate(seed);
  if (isFailure(outcome)) {
    await print(`${describe(values.shrink === 'yes' ? await shrink(outcome) : outcome)}\n`);
    process.exit(1);
  }
  for (const [name, count] of Object.entries(outcome.counts)) totals[name] = (totals[name] ?? 0) + count;
}
await print(`share ${values.share} of ${seeds} seeds from ${from}: all held; ${JSON.stringify(totals)}\n`);
process.exit(0);

/** Resolves when it is out: an exit before would cut it off. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
