/**
 * What will be done to the world in one run: a list of actions drawn from the seed before the run starts. Each action makes
 * sense whatever became of the ones before it, so a failing plan can be shrunk by leaving actions out.
 */
import type { Fault } from '../store/faulty-indexeddb.ts';
import { calm, type NetworkFaults } from './network.ts';
import type { Random } from './random.ts';

export type Action =
  | { readonly kind: 'write'; readonly device: number; readonly ops: readonly PlannedOp[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'online'; readonly device: number; readonly online: boolean }
  | { readonly kind: 'sync'; readonly device: number }
  | { readonly kind: 'storage'; readonly device: number; readonly after: number; readonly fault: Fault }
  | { readonly kind: 'kill'; readonly device: number; readonly downMs: number }
  | { readonly kind: 'relay-restart'; readonly downMs: number }
  | { readonly kind: 'network'; readonly faults: NetworkFaults };

export interface PlannedOp {
  readonly kind: 'put' | 'patch' | 'delete' | 'restore';
  readonly table: string;
  readonly id: string;
  readonly cells: readonly (readonly [column: string, value: string | number | boolean])[];
}

const tables = ['lists', 'items'];
const columns = ['title', 'note', 'done', 'priority'];
const faults: readonly Fault[] = [
  'kill-before',
  'kill-in',
  'kill-after',
  'drop-before',
  'drop-in',
  'drop-after',
  'quota',
  'lost',
];

export function drawPlan(random: Random, devices: number, length: number): Action[] {
  const weather: Action = { kind: 'network', faults: drawFaults(random) };
  return [weather, ...Array.from({ length: length - 1 }, (_, index) => drawAction(random, devices, index))];
}

function drawAction(random: Random, devices: number, index: number): Action {
  const device = random.below(devices);
  const roll = random.next();
  if (roll < 0.45) return { kind: 'write', device, ops: drawOps(random, index) };
  if (roll < 0.65) return { kind: 'wait', ms: random.pick([1, 50, 300, 2_000, 40_000]) };
  if (roll < 0.73) return { kind: 'online', device, online: random.chance(0.6) };
  if (roll < 0.8) return { kind: 'sync', device };
  if (roll < 0.88)
    return { kind: 'storage', device, after: 1 + random.below(12), fault: random.pick(faults) };
  if (roll < 0.92) return { kind: 'kill', device, downMs: random.pick([10, 1_000, 60_000]) };
  if (roll < 0.95) return { kind: 'relay-restart', downMs: random.pick([10, 3_000]) };
  return { kind: 'network', faults: drawFaults(random) };
}

function drawFaults(random: Random): NetworkFaults {
  if (random.chance(0.25)) return calm;
  const upTo = (most: number): number => random.next() * most;
  return {
    loseRequest: upTo(0.4),
    loseAnswer: upTo(0.4),
    duplicate: upTo(0.4),
    delayMs: random.pick([5, 200, 5_000]),
  };
}

/** The column that tells each planned write from all others: it may stand in one change only. */
export const markColumn = 'mark';

function drawOps(random: Random, index: number): PlannedOp[] {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const roll = random.next();
    const kind = roll < 0.7 ? 'put' : roll < 0.77 ? 'patch' : roll < 0.95 ? 'delete' : 'restore';
    const cells = columns
      .filter(() => random.chance(0.5))
      .map((column) => [column, random.chance(0.3) ? random.chance(0.5) : random.below(1000)] as const);
    return {
      kind,
      table: random.pick(tables),
      id: `row-${random.below(6)}`,
      cells: [...cells, [markColumn, index]],
    };
  });
}
