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
for (let seed = from + share; seed < from + seeds; seed += shares) {
  const outcome = await simulate(seed);
  if (isFailure(outcome)) {
    process.stdout.write(`${describe(values.shrink === 'yes' ? await shrink(outcome) : outcome)}\n`);
    process.exit(1);
  }
  for (const [name, count] of Object.entries(outcome.counts)) totals[name] = (totals[name] ?? 0) + count;
}
process.stdout.write(
  `share ${values.share} of ${seeds} seeds from ${from}: all held; ${JSON.stringify(totals)}\n`,
);
process.exit(0);
