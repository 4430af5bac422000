/**
 * The host of a space in memory, for the tests of apps (APP-19): the real rows, merge, fold and live queries over a journal that
 * is only ever in memory. There is one device, no relay and no keys; what needs a relay says `offline`.
 */
import { CairnError } from '../errors.ts';
import { asHash, asPublicKey, asWrapKey, type Bytes } from '../format/bytes.ts';
import { asDeviceNumber } from '../format/stamp.ts';
import type { Activity } from '../model/activity.ts';
import { type CellAuthor, cellAuthors } from '../model/cell-author.ts';
import { digestRows } from '../model/digest.ts';
import { emptyMembership, type MembershipState } from '../model/membership-state.ts';
import type { RowKey } from '../model/row.ts';
import { checkSchema, type Schema } from '../model/schema.ts';
import { deriveStatus, type SpaceStatus } from '../model/sync-status.ts';
import { decodedRecord } from '../store/decoded.ts';
import { emptyStanding } from '../store/fold.ts';
import { Folded } from '../store/folded.ts';
import { ChangedRows } from '../store/memory-table.ts';
import type { JournalRecord } from '../store/record.ts';
import type { Rows } from '../store/rows.ts';
import { type Standing, unsentCount } from '../store/standing.ts';
import { checkErase } from './erase-guard.ts';
import { Host, type OpenedSpace } from './host.ts';
import type { SpaceHost, Started, Update, UpdateListener } from './protocol.ts';
import { RowService, type RowStore } from './row-service.ts';
import { type Clock, Updates } from './updates.ts';

/** A host whose `start` opens a fresh, empty space in memory, whatever it is asked to open. */
export function memoryHost(): SpaceHost {
  return new Host({
    hello: async () => 'memory',
    open: async (request, _page, onUpdate) => {
      checkSchema(request.schema);
      return new MemorySpace(request.schema, onUpdate);
    },
  });
}

const device = asDeviceNumber(1);
const name = 'memory';

class MemorySpace implements OpenedSpace {
  readonly rows: RowService;
  readonly started: Started;
  readonly #journal: MemoryJournal;
  readonly #updates: Updates;
  readonly #activity: readonly Activity[];
  #told: SpaceStatus;

  constructor(schema: Schema, onUpdate: UpdateListener) {
    this.#journal = new MemoryJournal((keys) => {
      this.rows.changed(keys);
      this.#updates.mark();
    });
    this.#updates = new Updates(timers, () => this.#collect(), onUpdate);
    this.rows = new RowService(timers, schema, this.#journal, () => this.#updates.mark());
    const at = timers.now();
    this.#activity = [{ at, kind: 'opened', schema: schema.version, before: null }];
    this.#told = this.#status();
    this.started = { space: name, status: this.#told, conflicts: [] };
  }

  pageEvent(): void {}

  async syncNow(): Promise<void> {
    throw noRelay();
  }

  async invite(): Promise<never> {
    throw noRelay();
  }

  digest(): Promise<string> {
    return digestRows(this.#journal.rows.all());
  }

  async activity(): Promise<readonly Activity[]> {
    return this.#activity;
  }

  async authors(table: string, id: string): Promise<readonly CellAuthor[]> {
    const row = this.#journal.rows.get(table, id);
    const unsent = new Set(this.#journal.standing.outbox.map(({ stamp }) => stamp));
    const holders = { self: device, unsent, doubtful: new Set<never>(), haveUpTo: new Map<never, never>() };
    return row === undefined ? [] : cellAuthors(row, holders);
  }

  async close(): Promise<void> {
    this.rows.close();
    this.#updates.close();
  }

  async erase(unsentSeen: number | null): Promise<void> {
    checkErase(this.#journal.standing, unsentSeen);
    await this.close();
  }

  #collect(): Update | null {
    const live = this.rows.news();
    const status = this.#status();
    const moved =
      status.unsent !== this.#told.unsent ||
      status.rows?.hidden !== this.#told.rows?.hidden ||
      status.rows?.live !== this.#told.rows?.live;
    if (moved) this.#told = status;
    else if (live.length === 0) return null;
    return moved ? { live, status } : { live };
  }

  #status(): SpaceStatus {
    const { standing } = this.#journal;
    const unknown = { head: null, lastHeard: null, hold: null, passed: 0, hasOurs: null };
    return deriveStatus({
      unsent: unsentCount(standing),
      waits: null,
      online: false,
      syncing: false,
      comparedAt: null,
      lastError: null,
      nextTryAt: null,
      registered: false,
      join: null,
      relayUrl: '',
      acknowledged: null,
      devices: [
        {
          ...unknown,
          number: device,
          memberName: name,
          deviceName: name,
          role: 'admin',
          isThis: true,
          cursor: 0,
        },
      ],
      membershipHeld: false,
      clockOffset: null,
      clockTolerance: 0,
      storage: { persisted: false, usage: null, quota: null, fault: null },
      rows: this.rows.counts,
    });
  }
}

/** A journal whose records are folded and let go. */
class MemoryJournal implements RowStore {
  readonly #folded = new Folded({ ...emptyStanding(asHash(zeros())), membership: oneDevice(), device });
  readonly #onChange: (keys: readonly RowKey[]) => void;

  constructor(onChange: (keys: readonly RowKey[]) => void) {
    this.#onChange = onChange;
  }

  get standing(): Standing {
    return this.#folded.standing;
  }

  get rows(): Rows {
    return this.#folded.rows;
  }

  room(): undefined {}

  async append(decide: (standing: Standing) => JournalRecord | null): Promise<{ position: number } | null> {
    const decided = decide(this.standing);
    if (decided === null) return null;
    const record = decodedRecord(decided);
    const next = this.#folded.next(record);
    const changed = new ChangedRows();
    this.#folded.advance(record, next, changed);
    this.#onChange(changed.keys());
    return { position: next.position };
  }
}

/** A membership of one admin with one device, which nobody signed: nothing of it leaves this space. */
function oneDevice(): MembershipState {
  const pair = { sign: asPublicKey(zeros()), wrap: asWrapKey(zeros()) };
  const names: Bytes = new Uint8Array(0);
  return {
    ...emptyMembership(asHash(zeros())),
    members: new Map([[1, { number: 1, identity: pair, role: 'admin', position: 1 }]]),
    devices: new Map([[device, { ...pair, number: device, member: 1, position: 1, names, namesEpoch: 1 }]]),
  };
}

function zeros(): Bytes {
  return new Uint8Array(32);
}

function noRelay(): CairnError {
  return new CairnError('offline', 'a space in memory has no relay');
}

/** The clock and the timers, which is all of a `Runtime` that rows need. */
const timers: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
