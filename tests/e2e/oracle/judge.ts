/**
 * What the claims of a page may say, given what is true. Logs only grow, and the relay and the other devices are read after the
 * page: whatever they lack then they lacked when the page claimed it. So each finding is a lie, however the machine's time went.
 *
 *  1. The number is never below the changes of this device that the relay does not have.
 *  2. "Up to date as of T": nothing is only here, nothing is held, and all that the relay had at T is applied here. T is not to come.
 *  3. "On the server": what it says is there is there.
 *  4. "On Ben's computer": what it says Ben's computer has is in the journal of Ben's computer.
 *  5. "n of m" of a device: n entries are applied here, and the relay has m.
 */
import type { Standing } from '../../../src/store/standing.ts';
import type { Claims, KeeperClaim } from './claims.ts';
import type { Sizes } from './truth.ts';

export interface Truth {
  /** The page's own journal, read before and after its claims; no one wrote on that page in between. */
  readonly before: Standing;
  readonly after: Standing;
  /** What the relay has, read after the claims. */
  readonly relay: Sizes;
  /** What the relay had at a time, at the least. */
  readonly relayAt: (time: number) => Sizes;
  /** How much of a log another device has applied, read after the claims; null if it could not be read. */
  readonly appliedBy: (device: number, log: number) => number | null;
}

/** Changes of this device that are not with someone who has so much of its log; of those that the relay has taken none are counted. */
export function missingAt({ outbox, sealed }: Standing, has: number): number {
  const locals = [
    ...outbox,
    ...sealed.filter(({ position }) => position > has).flatMap((item) => item.locals),
  ];
  return locals.reduce((sum, { rows }) => sum + rows, 0);
}

/** What the page claims and is not so; empty as it should be. */
export function lies(claims: Claims, truth: Truth): string[] {
  const found: string[] = [];
  const { acknowledged } = truth.after.ownLog;
  const taken = truth.after.device === null ? 0 : (truth.relay.get(truth.after.device) ?? 0);
  const missing = missingAt(truth.after, taken);
  if (acknowledged > taken) found.push(`believes that ${acknowledged} are on the server, and ${taken} are`);
  if ((claims.number ?? 0) < missing) found.push(`says ${claims.number} are only here, and ${missing} are`);
  if (claims.kinds.length === 0 || claims.word === 'Up to date' || claims.asOf !== null)
    found.push(...liesOfUpToDate(claims, truth, missing));
  if (claims.panel !== null) {
    for (const keeper of claims.panel.keepers) found.push(...liesOfKeeper(keeper, claims, truth, missing));
    for (const { number, isThis, cursor, head } of claims.panel.devices) {
      const has = sizeIn(truth.after, number);
      if (cursor > has) found.push(`says ${cursor} of log ${number} are here, and ${has} are`);
      const most = isThis ? has : (truth.relay.get(number) ?? 0);
      if (head !== null && head > most)
        found.push(`says that log ${number} goes to ${head}, and it goes to ${most}`);
    }
  }
  return found;
}

function liesOfUpToDate({ asOf, at, kinds, number }: Claims, truth: Truth, missing: number): string[] {
  const found: string[] = [];
  if (kinds.length > 0) found.push(`says up to date, with ${kinds}`);
  if (missing > 0 || number !== null) found.push(`says up to date, with ${missing} only here`);
  if (asOf === null) return [...found, 'says up to date, and not as of when'];
  if (asOf > at) found.push(`says up to date as of ${asOf - at} ms from now`);
  for (const log of truth.before.holds.keys()) {
    if (truth.after.holds.has(log)) found.push(`says up to date, with log ${log} held`);
  }
  for (const [log, size] of truth.relayAt(asOf)) {
    const has = sizeIn(truth.after, log);
    if (has < size) found.push(`says up to date, with ${has} of ${size} of log ${log}`);
  }
  return found;
}

function liesOfKeeper({ where, what }: KeeperClaim, claims: Claims, truth: Truth, missing: number): string[] {
  const own = truth.before.device;
  if (own === null) return [];
  const { device, has } = keeperIn(where, claims, truth, own);
  const found: string[] = [];
  const says = `says “${where}: ${what}”`;
  // All is all that the page knew of: what was sealed since is among the changes only here.
  const claimed = claimedSize(what, claims.panel?.devices.find(({ isThis }) => isThis)?.head ?? 0);
  if (claimed !== null && has !== null && has < claimed)
    found.push(`${says}, and it has ${has} of ${claimed}`);
  const besides = /^all but the ([\d,]+) change/.exec(what)?.[1];
  // "All of your changes" besides none.
  const left = what === 'all of your changes' ? 0 : besides === undefined ? null : numberOf(besides);
  const lacks = has === null ? missing : missingAt(truth.after, has);
  if (left !== null && left < lacks) found.push(`${says}, and it lacks ${lacks}`);
  if (device === undefined && where !== 'On the server') found.push(`${says}, of no device that it lists`);
  return found;
}

function keeperIn(where: string, { panel }: Claims, truth: Truth, own: number) {
  if (where === 'On the server') return { device: undefined, has: truth.relay.get(own) ?? 0 };
  const device = panel?.devices.find(({ label }) => where === `On ${label}`)?.number;
  return { device, has: device === undefined ? null : truth.appliedBy(device, own) };
}

/** How much of our log is said to be there at the least; null where nothing is said. */
function claimedSize(what: string, sealed: number): number | null {
  const part = /^([\d,]+) of ([\d,]+) of what you sent$/.exec(what)?.[1];
  if (part !== undefined) return numberOf(part);
  return /^all (of your changes|but the )/.test(what) ? sealed : null;
}

const numberOf = (text: string): number => Number(text.replaceAll(',', ''));

/** How far a log is applied; the membership log has number 0. */
function sizeIn(standing: Standing, log: number): number {
  if (log === 0) return standing.membership.size;
  for (const [number, { size }] of standing.cursors) if (number === log) return size;
  return 0;
}
