/**
 * Who is there, and who has what: beacons, ours and those of others (DESIGN §9, "Who has my data").
 *
 * 1. A beacon counts only if the device it names signed it. An older one never replaces a newer one (JOIN-13).
 * 2. One whose claim about the membership log does not fit ours stops its device's log as `disagrees`, and no other (PULL-6).
 * 3. That a device has our log up to a size counts only if its root there is on our branch (PUSH-9).
 * 4. Ours is told when what it says has changed, and now and then as a sign of life; nothing rests on its arrival.
 */
import { CairnError } from '../errors.ts';
import { type Beacon, decodeBeacon, openBeacon, signBeacon } from '../format/beacon.ts';
import { type Bytes, equal, toHex } from '../format/bytes.ts';
import { emptyRoot } from '../format/merkle.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import { limits } from '../limits.ts';
import { rootAt } from '../model/membership.ts';
import { claimVerdict } from '../model/verdict.ts';
import type { Standing } from '../store/standing.ts';
import type { SyncContext } from './context.ts';
import { stopAt } from './heads.ts';
import type { Stop } from './hold-record.ts';
import { OwnRoots } from './own-roots.ts';

/** What a device said of itself in its newest beacon. */
export interface Heard {
  readonly device: DeviceNumber;
  /** By its own clock, ms. */
  readonly at: number;
  /** How much of our log it has, on our branch; null: it did not say, or what it says is not to be judged. */
  readonly hasOurs: number | null;
}

interface Known {
  readonly beacon: Beacon;
  readonly bytes: Bytes;
}

/** Of a log that a beacon does not list. */
const nothing = { size: 0, root: emptyRoot };
/** A beacon with nothing new in it is told again after so long. */
const signOfLifeMs = 5 * 60_000;
/** And one with something new no sooner than this after the one before. */
const leastBetweenMs = 2_000;
/** How old what was heard may be before it is asked for again, unless an event says that there is more. */
const askAgainMs = 10_000;

export class Presence {
  readonly #known = new Map<DeviceNumber, Known>();
  readonly #roots = new OwnRoots();
  #heard: readonly Heard[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  /** How often it was said that there is news, by now and when the relay was last asked: more of it may come while an answer is on its way. */
  #news = 0;
  #newsWhenAsked = 0;
  #newsHeard = 0;
  #told: { readonly content: string; readonly monotonic: number; readonly at: number } | null = null;

  /** What devices have said, by device. */
  get heard(): readonly Heard[] {
    return this.#heard;
  }

  /** Whether the request that is made now is to ask for them. */
  wantsBeacons(ctx: SyncContext): boolean {
    this.#newsWhenAsked = this.#news;
    return this.#news > this.#newsHeard || ctx.runtime.monotonic() - this.#askedAt >= askAgainMs;
  }

  /** There is a newer beacon at the relay. */
  expectNews(): void {
    this.#news += 1;
  }

  /** Takes in the beacons that an answer brought. */
  async hear(ctx: SyncContext, beacons: readonly Bytes[]): Promise<void> {
    this.#askedAt = ctx.runtime.monotonic();
    this.#newsHeard = this.#newsWhenAsked;
    const { membership, device: own } = ctx.store.standing;
    await Promise.all(
      beacons.map(async (bytes) => {
        const claimed = readDevice(bytes);
        const device = claimed === null ? undefined : membership.devices.get(claimed);
        if (device === undefined || device.number === own) return;
        const known = this.#known.get(device.number);
        if (known !== undefined && equal(known.bytes, bytes)) return;
        const opened = await open(bytes, membership.space);
        if (opened === null || !equal(opened.key, device.sign)) return;
        const newest = this.#known.get(device.number);
        if (newest === undefined || newest.beacon.at < opened.beacon.at) {
          this.#known.set(device.number, { beacon: opened.beacon, bytes });
        }
      }),
    );
  }

  /** The logs of devices that, by their own word, hold another membership log. */
  disagreeing(standing: Standing): Map<DeviceNumber, Stop> {
    const stops = new Map<DeviceNumber, Stop>();
    for (const [device, { beacon, bytes }] of this.#known) {
      if (claimVerdict(standing.membership, beacon.members) === 'disagrees') {
        stops.set(device, stopAt(standing, device, 'disagrees', bytes));
      }
    }
    return stops;
  }

  /** Whether some other device has said, under its signature, that it knows the membership log up to `size`. */
  covers({ membership }: Standing, size: number): boolean {
    for (const { beacon } of this.#known.values()) {
      if (beacon.members.size >= size && claimVerdict(membership, beacon.members) === 'fits') return true;
    }
    return false;
  }

  /** Judges anew what others say they have of our log. */
  async judge(ctx: SyncContext, signal: AbortSignal): Promise<void> {
    const { device: own, membership } = ctx.store.standing;
    this.#roots.note(ctx);
    const said = [...this.#known].map(([device, { beacon }]) => {
      const judged = claimVerdict(membership, beacon.members) !== 'disagrees';
      const cursor = beacon.cursors.find((cursor) => cursor.device === own) ?? nothing;
      return { device, at: beacon.at, cursor: judged ? cursor : null };
    });
    const sizes = said.flatMap(({ cursor }) => (cursor === null ? [] : [cursor.size]));
    await this.#roots.learn(ctx, sizes, signal);
    this.#heard = said.map(({ device, at, cursor }): Heard => {
      const ours = cursor !== null && this.#roots.isOurs(cursor.size, cursor.root) === true;
      return { device, at, hasOurs: ours ? cursor.size : null };
    });
  }

  /** Tells the relay where we are, if that is news. False if it must wait a little and should be asked again. */
  async tell(ctx: SyncContext, caughtUp: boolean, signal: AbortSignal): Promise<boolean> {
    const said = saying(ctx.store.standing, caughtUp);
    if (said === null) return true;
    const now = ctx.runtime.monotonic();
    const since = this.#told === null ? Number.POSITIVE_INFINITY : now - this.#told.monotonic;
    const content = contentOf(said);
    if (content === this.#told?.content && since < signOfLifeMs) return true;
    if (since < leastBetweenMs) return false;
    // By the relay's clock as far as we know it, so that a wrong clock of ours does not make us seem long gone or yet to come.
    const at = followingTime(ctx.relay.clock.now(), this.#told?.at ?? 0);
    await ctx.relay.putBeacon(await signBeacon(ctx.signer, { ...said, space: ctx.store.space, at }), signal);
    this.#told = { content, monotonic: now, at };
    return true;
  }
}

/**
 * A beacon is newer than the one before. But a time that lies as far ahead as no relay takes it was a relay's lie, and no
 * honest one has that beacon.
 */
function followingTime(now: number, before: number): number {
  return before > now + limits.clockAheadMs ? now : Math.max(now, before + 1);
}

type Saying = Omit<Beacon, 'space' | 'at'>;

function saying({ device, membership, cursors }: Standing, caughtUp: boolean): Saying | null {
  const root = rootAt(membership, membership.size);
  if (device === null || root === undefined || membership.size === 0) return null;
  const listed = [...cursors].map(([device, { size, root }]) => ({ device, size, root }));
  return { device, cursors: listed, members: { size: membership.size, root }, caughtUp, nonce: null };
}

/** What makes a beacon news: not our own log, which its head tells of. */
function contentOf({ device: own, cursors, members, caughtUp }: Saying): string {
  const others = cursors.filter(({ device }) => device !== own);
  const listed = others.map(({ device, size, root }) => `${device} ${size} ${toHex(root)}`).sort();
  return [...listed, `members ${members.size} ${toHex(members.root)}`, `${caughtUp}`].join('\n');
}

function readDevice(bytes: Bytes): DeviceNumber | null {
  try {
    return decodeBeacon(bytes).device;
  } catch (thrown) {
    if (thrown instanceof CairnError) return null; // says nothing, of nobody
    throw thrown;
  }
}

async function open(bytes: Bytes, space: Standing['membership']['space']) {
  try {
    return await openBeacon(bytes, space);
  } catch (thrown) {
    if (thrown instanceof CairnError) return null; // not signed by who it names: it counts nothing
    throw thrown;
  }
}
