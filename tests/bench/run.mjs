/**
 * `npm run bench -- [--only NAME]... [--slow] [--json FILE]`: the figures, in real Chromium against the real relay. Each is the median of
 * several runs, with its limit measured in the same run beside it; a ratio above what is allowed ends with exit code 1. Those of
 * a million rows take minutes each, and are run where they are named, or with `--slow`.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build, install, requireNode } from '../../src/prepare.mjs';
import { provideChromium } from '../engines/chromium.mjs';

requireNode();
install();
build();
process.env.CHROMIUM_PATH = provideChromium();

// Only now are the dependencies there that these need.
const { figures } = await import('./figures.mjs');
const { BenchBrowser } = await import('./browser.mjs');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    slow: { type: 'boolean' },
    json: { type: 'string' },
  },
});
const { only } = values;
const chosen = figures.filter(({ name, slow }) =>
  only === undefined ? values.slow === true || slow !== true : only.includes(name),
);
if (chosen.length === 0) {
  console.error(
    `No figure is called ${only?.join(', ')}; there are ${figures.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toPrecision(4));
}

const browser = await BenchBrowser.start();
const results = [];
let tooSlow = 0;
try {
  console.log(`\n${browser.engine}\n`);
  const columns = [24, 12, 12, 8, 9, 6, 6];
  const row = (/** @type {readonly string[]} */ cells) =>
    console.log(
      cells
        .map((cell, i) => (i === 0 ? cell.padEnd(columns[i] ?? 0) : cell.padStart(columns[i] ?? 0)))
        .join(''),
    );
  row(['figure', 'ours', 'limit', 'ratio', 'at most', 'unit', 'runs']);
  for (const figure of chosen) {
    const runs = await figure.run(browser);
    const ours = median(runs.map((run) => run.ours));
    const limit = median(runs.map((run) => run.limit));
    const ratio = ours / limit;
    const isOver = ratio > figure.atMost;
    if (isOver) tooSlow++;
    const { name, unit } = figure;
    results.push({
      name,
      ours: rounded(ours),
      limit: rounded(limit),
      ratio: rounded(ratio),
      unit,
      runs: runs.length,
    });
    const cells = [
      name,
      ours.toFixed(2),
      limit.toFixed(2),
      ratio.toFixed(2),
      String(figure.atMost),
      unit,
      String(runs.length),
    ];
    row(isOver ? [...cells, '  over'] : cells);
    const [{ note = '' } = {}] = runs;
    if (note !== '') console.log(`${''.padEnd(columns[0] ?? 0)}${note}`);
  }
} finally {
  await browser.close();
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exitCode = tooSlow === 0 ? 0 : 1;
