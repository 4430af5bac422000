/**
 * What will be done to the world in one run: how many devices and tabs there are, and a list of actions, all drawn from the seed before
 * the run starts. Each action makes sense whatever became of the ones before it, so a failing plan can be shrunk by leaving actions out.
 */
import type { Fault } from '../store/faulty-indexeddb.ts';
import { type Manner, manners } from './hostile-relay.ts';
import { calm, type NetworkFaults } from './network.ts';
import type { Random } from './random.ts';

interface At {
  readonly device: number;
  /** Counted round: a device with fewer tabs takes one of them. */
  readonly tab: number;
}

export type Action =
  | ({ readonly kind: 'write'; readonly ops: readonly PlannedOp[] } & At)
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'online'; readonly device: number; readonly online: boolean }
  | ({ readonly kind: 'sync' } & At)
  | ({ readonly kind: 'storage'; readonly after: number; readonly fault: Fault } & At)
  | ({ readonly kind: 'drop' } & At)
  | ({ readonly kind: 'kill'; readonly downMs: number } & At)
  /** The tab that leads, or that tab; in the middle of some work if it can be. */
  | ({
      readonly kind: 'freeze';
      readonly leader: boolean;
      readonly working: boolean;
      readonly ms: number;
    } & At)
  | { readonly kind: 'quota'; readonly device: number; readonly writes: number; readonly ms: number }
  /** It jumps, and is put right again after `ms`. */
  | { readonly kind: 'clock'; readonly device: number; readonly skewMs: number; readonly ms: number }
  | { readonly kind: 'relay-restart'; readonly downMs: number }
  | { readonly kind: 'hostile'; readonly manners: readonly Manner[]; readonly ms: number }
  | { readonly kind: 'network'; readonly faults: NetworkFaults; readonly loseMessage: number };

export interface PlannedOp {
  readonly kind: 'put' | 'patch' | 'delete' | 'restore';
  readonly table: string;
  readonly id: string;
  readonly cells: readonly (readonly [column: string, value: string | number | boolean])[];
}

/** How many tabs each device has. */
export type Shape = readonly number[];

const tables = ['lists', 'items'];
const columns = ['title', 'note', 'done', 'priority'];
const storageFaults: readonly Fault[] = [
  'kill-before',
  'kill-in',
  'kill-after',
  'drop-before',
  'drop-in',
  'drop-after',
  'quota',
  'lost',
];
const minute = 60_000;

export function drawShape(random: Random): Shape {
  const devices = random.pick([2, 2, 2, 3, 3, 4]);
  return Array.from({ length: devices }, () => random.pick([1, 1, 2, 2, 3]));
}

export function drawPlan(random: Random, devices: number, length: number): Action[] {
  return [
    drawWeather(random),
    ...Array.from({ length: length - 1 }, (_, index) => drawAction(random, devices, index)),
  ];
}

function drawAction(random: Random, devices: number, index: number): Action {
  const device = random.below(devices);
  const at: At = { device, tab: random.below(6) };
  const roll = random.next();
  if (roll < 0.35) return { kind: 'write', ...at, ops: drawOps(random, index) };
  if (roll < 0.56) return { kind: 'wait', ms: random.pick([1, 50, 300, 300, 2_000, 2_000, 15_000, 40_000]) };
  if (roll < 0.62) return { kind: 'online', device, online: random.chance(0.6) };
  if (roll < 0.68) return { kind: 'sync', ...at };
  if (roll < 0.75)
    return { kind: 'storage', ...at, after: 1 + random.below(12), fault: random.pick(storageFaults) };
  if (roll < 0.77) return { kind: 'drop', ...at };
  if (roll < 0.8) return { kind: 'kill', ...at, downMs: random.pick([10, 1_000, minute]) };
  if (roll < 0.85)
    return {
      kind: 'freeze',
      ...at,
      leader: random.chance(0.6),
      working: random.chance(0.7),
      ms: random.pick([100, 5_000, 20_000, minute]),
    };
  if (roll < 0.87)
    return { kind: 'quota', device, writes: random.below(8), ms: random.pick([1_000, 20_000]) };
  if (roll < 0.91)
    return {
      kind: 'clock',
      device,
      skewMs: drawSkew(random),
      ms: random.pick([300, 2_000, 15_000, 60 * minute]),
    };
  if (roll < 0.93) return { kind: 'relay-restart', downMs: random.pick([10, 3_000]) };
  if (roll < 0.96)
    return { kind: 'hostile', manners: drawManners(random), ms: random.pick([2_000, 20_000, minute]) };
  return drawWeather(random);
}

/** From the true time; more than five minutes is more than others bear. */
function drawSkew(random: Random): number {
  return random.pick([0, 1_500, -1_500, 4 * minute, -4 * minute, 7 * minute, -7 * minute, -60 * minute]);
}

function drawManners(random: Random): Manner[] {
  const drawn = manners.filter(() => random.chance(0.4));
  return drawn.length > 0 ? drawn : [random.pick(manners)];
}

function drawWeather(random: Random): Action {
  if (random.chance(0.25)) return { kind: 'network', faults: calm, loseMessage: 0 };
  const upTo = (most: number): number => random.next() * most;
  const now = (chance: number, most: number): number => (random.chance(chance) ? upTo(most) : 0);
  return {
    kind: 'network',
    faults: {
      loseRequest: upTo(0.4),
      loseAnswer: upTo(0.4),
      duplicate: upTo(0.4),
      truncate: now(0.3, 0.3),
      refuse: now(0.3, 0.3),
      delayMs: random.pick([5, 200, 5_000]),
    },
    loseMessage: now(0.5, 0.5),
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
