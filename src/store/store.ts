import { CairnError, type Failure, toFailure } from '../errors.ts';
import { type Bytes, equal, type SpaceId, toBase64Url } from '../format/bytes.ts';
import { loadPart } from '../load-part.ts';
import { type Channel, delay, type Runtime } from '../runtime.ts';
import { Away, present } from './away.ts';
import type { Change, StoreEvent } from './change.ts';
import type { DatabaseOptions } from './connection.ts';
import { Database } from './database.ts';
import { decodedRecord } from './decoded.ts';
import { Exclusive } from './exclusive.ts';
import { dueWeight, isBeyond, type Weight } from './fold-limits.ts';
import type { Folded, LoadFoldMembers } from './folded.ts';
import { Journal } from './journal.ts';
import { Keyring } from './keyring.ts';
import { ChangedRows } from './memory-table.ts';
import { Notes } from './notes.ts';
import { foldJournal, type Opened, saveStanding } from './opening.ts';
import type { PageSource } from './page-source.ts';
import { isPageGone, PageStore } from './page-store.ts';
import { corrupt, folding, readRecord } from './read-record.ts';
import type { JournalRecord, RecordKind, SealedRecord } from './record.ts';
import { encodeRecord, writerLength } from './record-codec.ts';
import { type OpenBase, Rows } from './rows.ts';
import type { OutboxItem, Passed, Standing } from './standing.ts';
import type { Durability } from './transaction.ts';

export interface StoreOptions extends DatabaseOptions {
  /** The fold is saved after so many records. */
  readonly saveEvery?: number;
  /** How often to look for records of other tabs whose message was lost, in milliseconds; `null`: never. */
  readonly tailEveryMs?: number | null;
  /** Where the rules of membership records come from; by default they are loaded when first needed. */
  readonly loadFoldMembers?: LoadFoldMembers;
  /** Where what reads pages comes from; by default it is loaded when there are any. */
  readonly loadBaseReading?: () => Promise<(source: PageSource) => OpenBase>;
}

/** Opens the store of a space. Throws what `Database.open` throws, and `storage-corrupt`. */
export async function openStore(
  runtime: Runtime,
  space: SpaceId,
  options: StoreOptions = {},
): Promise<Store> {
  const database = await Database.open(runtime, databaseName(space), options);
  try {
    const journal = new Journal(database);
    const pages = new PageStore(database);
    let store: Store | null = null;
    const rows = new Rows(async () => (await (options.loadBaseReading ?? importBaseReading)())(pages), {
      refresh: async () => store?.refresh(),
      broken: (thrown) => store?.tellFailure(toFailure(thrown)),
    });
    const [keyring, folded] = await Promise.all([
      Keyring.load(database),
      foldJournal(database, journal, space, rows, options.loadFoldMembers),
    ]);
    store = new Store(runtime, space, options, { database, journal, pages, keyring }, folded);
    return store;
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}

export function databaseName(space: SpaceId): string {
  return `cairn-${toBase64Url(space)}`;
}

/** What a store keeps its things in. */
interface StoreParts {
  readonly database: Database;
  readonly journal: Journal;
  readonly pages: PageStore;
  readonly keyring: Keyring;
}

/**
 * The store of one space as one tab sees it (DESIGN §7): journal, standing, rows and keys.
 *
 * 1. The journal is the only way in: a change of rows or standing is one record, added at the next position and folded
 *    when it is durable (STORE-1, STORE-15).
 * 2. Nothing is decided on a position that was not read: if another tab was first, the store reads on and asks `decide`
 *    again (STORE-2).
 * 3. A write is never lost or repeated by a dropped connection: what lies at its position is compared with it.
 * 4. Listeners hear of each step forward after it is durable, in journal order, whoever wrote it.
 */
export class Store {
  readonly space: SpaceId;
  readonly keyring: Keyring;
  /** For display alone. */
  readonly notes: Notes;
  readonly pages: PageStore;
  /** Whether this tab folds the journal, to be said by what does. */
  folds = false;
  readonly #runtime: Runtime;
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #folded: Folded;
  readonly #channel: Channel;
  /** Tells this store's records from all others. */
  readonly #writer: Bytes;
  readonly #exclusive = new Exclusive();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #eventListeners = new Set<(event: StoreEvent) => void>();
  readonly #saveEvery: number;
  readonly #tailEveryMs: number | null;
  #savedAt: number;
  #cancelTail: () => void = () => undefined;
  #cancelAnnouncement: (() => void) | null = null;
  #saving = false;
  #closed = false;

  constructor(
    runtime: Runtime,
    space: SpaceId,
    options: StoreOptions,
    { database, journal, pages, keyring }: StoreParts,
    { folded, savedAt }: Opened,
  ) {
    this.pages = pages;
    this.space = space;
    this.keyring = keyring;
    this.notes = new Notes(database);
    this.#runtime = runtime;
    this.#database = database;
    this.#journal = journal;
    this.#folded = folded;
    this.#savedAt = savedAt;
    this.#saveEvery = options.saveEvery ?? 512;
    this.#tailEveryMs = options.tailEveryMs === undefined ? 3_000 : options.tailEveryMs;
    this.#writer = runtime.randomBytes(writerLength);
    this.#channel = runtime.openChannel(database.name);
    this.#channel.onMessage((message) => {
      if (message === announcement) this.#refreshInBackground();
    });
    database.onEvent((event) => {
      if (event.kind === 'upgrade' || event.kind === 'erased') this.#cancelTail();
      this.#tell(event);
    });
    this.#awaitTail();
  }

  get standing(): Standing {
    return this.#folded.standing;
  }

  get rows(): Rows {
    return this.#folded.rows;
  }

  /** What of the journal lies above the base. */
  get weight(): Weight {
    return this.#folded.weight.total;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Tells listeners that what could not be read can be read again. */
  tellMended(): void {
    this.#tell({ kind: 'room' });
  }

  /** Tells listeners of something that failed in the background. */
  tellFailure(failure: Failure): void {
    this.#tell({ kind: 'failed', failure });
  }

  /**
   * Settles when the journal has room above the base for more than a person writes: whoever writes much where the folding is done waits
   * for it, so that what is to be folded is never more than fits in memory. Undefined if there is room now, or this tab does not fold.
   */
  room(): Promise<void> | undefined {
    return this.#isCrowded ? this.#awaitRoom() : undefined;
  }

  get #isCrowded(): boolean {
    if (!this.folds || this.#closed) return false;
    const { ops, bytes } = dueWeight(this.standing.base, true);
    return isBeyond(this.weight, { ops: 2 * ops, bytes: 2 * bytes });
  }

  async #awaitRoom(): Promise<void> {
    while (this.#isCrowded) {
      const over = new AbortController();
      const folded = new Promise<void>((resolve) => {
        const stop = this.onChange(({ kinds }) => {
          if (kinds.has('folded')) resolve();
        });
        over.signal.addEventListener('abort', stop);
      });
      // Folding may have ended without a fold.
      await Promise.race([folded, delay(this.#runtime, lookAgainMs, over.signal).catch(() => undefined)]);
      over.abort();
    }
  }

  /** Calls `listener` after each step forward, until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /**
   * Adds the record that `decide` makes of the standing, and folds it. `decide` is called at once and again for each
   * record that another tab put first; `null` ends it with nothing written. It may read rows (`Away` is answered, and it is called again).
   * What else it throws, `append` throws.
   *
   * Seals, sent marks, membership, keys and joining are written with strict durability, whatever is asked for.
   * Throws `storage-full`, `storage-broken`, `storage-lost`, `storage-corrupt`, `newer-database`, `closed`; `internal` for a record
   * that does not follow from the journal. In each case nothing of the record is in the journal.
   */
  append(
    decide: (standing: Standing) => JournalRecord | null,
    durability: Durability = 'relaxed',
  ): Promise<{ readonly position: number } | null> {
    return this.#exclusive.run(() => this.rows.holding(() => this.#append(decide, durability)));
  }

  async #append(
    decide: (standing: Standing) => JournalRecord | null,
    durability: Durability,
  ): Promise<{ readonly position: number } | null> {
    for (;;) {
      let decided: JournalRecord | null | undefined;
      try {
        decided = decide(this.standing);
      } catch (thrown) {
        if (!(thrown instanceof Away)) throw thrown;
        // Rows are brought while nothing else is folded: the standing stays as it is.
        decided = await this.#withPages(() => present(() => decide(this.standing)));
        if (decided === undefined) continue;
      }
      if (decided === null) return null;
      const record = decodedRecord(decided);
      // What another tab adds meanwhile shows itself at `add`.
      const ready = this.#folded.ready(record);
      if (ready !== undefined) await ready;
      const next = this.#folded.next(record);
      const { position } = next;
      const bytes = encodeRecord(position, this.#writer, record);
      const wanted = strictKinds.has(record.kind) ? 'strict' : durability;
      const outcome = await this.#journal.add(position, bytes, wanted);
      if (outcome === 'added') this.#advance(record, next);
      else if (!(await this.#readOn({ position, bytes }))) continue;
      this.#announce();
      this.#saveIfDue(record.kind);
      return { position };
    }
  }

  /** Undefined if a page was gone and it is to be done again: the base had been replaced by another tab. */
  async #withPages<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { base } = this.standing;
    try {
      return await work();
    } catch (thrown) {
      if (!isPageGone(thrown)) throw thrown;
      await this.#readOn(null);
      if (this.standing.base === base) throw thrown;
      return undefined;
    }
  }

  /** Reads on to the end of the journal: what other tabs have written. */
  refresh(): Promise<void> {
    return this.#exclusive.run(() =>
      this.rows.holding(async () => {
        await this.#readOn(null);
      }),
    );
  }

  /** The encoded changesets of local records, in the order of `items`: what there is to seal. */
  async changesets(items: readonly OutboxItem[]): Promise<readonly Bytes[]> {
    const records = await this.#records(items.map((item) => item.position));
    return records.map((record, index) => {
      if (record.kind !== 'local') throw corrupt(items[index]?.position ?? 0, 'no local change');
      return record.changeset;
    });
  }

  /** The records by which what is not acknowledged was sealed, oldest first: each with the head and the cursor at its end. */
  async sealedRecords(): Promise<readonly SealedRecord[]> {
    const positions = [...new Set(this.standing.sealed.map(({ at }) => at))];
    const records = await this.#records(positions);
    return records.map((record, index) => {
      if (record.kind !== 'sealed') throw corrupt(positions[index] ?? 0, 'no seal');
      return record;
    });
  }

  /** The bytes of an entry that the cursor passed. */
  async passedBytes(passed: Passed): Promise<Bytes> {
    const [record] = await this.#records([passed.at]);
    const run = record?.kind === 'applied' ? record.logs.find((run) => run.log === passed.log) : undefined;
    const entry = run?.entries[passed.position - run.from];
    if (entry?.kind !== 'passed') throw corrupt(passed.at, 'no passed entry');
    return entry.bytes;
  }

  /** All records of the journal, oldest first. */
  async *records(): AsyncGenerator<JournalRecord> {
    let position = 0;
    for await (const run of this.#journal.after(0)) {
      for (const bytes of run) {
        position += 1;
        yield readRecord(bytes, position, this.space);
      }
    }
  }

  /** Saves the standing, so that the next opening folds only what follows. */
  async saveFold(): Promise<void> {
    const { standing } = this;
    if (standing.position === this.#savedAt) return;
    await saveStanding(this.#database, standing);
    this.#savedAt = standing.position;
  }

  /** Ends when writes under way are done; saves the fold if that is worth it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTail();
    await this.#exclusive.run(async () => {
      this.#endChannel();
      try {
        if (this.standing.position - this.#savedAt >= worthSaving) await this.saveFold();
      } catch {
        // A shortcut for the next start, and nothing that could be lost.
      } finally {
        await this.#database.close();
      }
    });
  }

  /** Closes and deletes everything stored of the space. Throws `storage-blocked` if another tab holds on to it. */
  async erase(): Promise<void> {
    this.#closed = true;
    this.#cancelTail();
    await this.#exclusive.run(() => {
      this.#endChannel();
      return this.#database.erase();
    });
  }

  /** In a moment, once for all that is written by then: who waits for the write hears of it first. */
  #announce(): void {
    this.#cancelAnnouncement ??= this.#runtime.setTimer(announceMs, () => {
      this.#cancelAnnouncement = null;
      this.#channel.post(announcement);
    });
  }

  #endChannel(): void {
    if (this.#cancelAnnouncement !== null) {
      this.#cancelAnnouncement();
      this.#channel.post(announcement);
    }
    this.#channel.close();
  }

  #advance(record: JournalRecord, next: Standing): void {
    const changed = new ChangedRows();
    this.#folded.advance(record, next, changed);
    this.#notify(changed, true, new Set([record.kind]));
  }

  /**
   * Folds what the journal holds above our position. True if what lies at the place of our `attempt` is our own: a
   * dropped connection had hidden that it was added.
   */
  async #readOn(attempt: { readonly position: number; readonly bytes: Bytes } | null): Promise<boolean> {
    let ours = false;
    const before = this.standing.position;
    for await (const run of this.#journal.after(before)) {
      let step = new Step();
      try {
        for (const bytes of run) {
          const position = this.standing.position + 1;
          const own = position === attempt?.position && equal(bytes, attempt.bytes);
          if (own) {
            ours = true;
            this.#notify(step.changed, false, step.kinds);
            step = new Step();
          }
          const record = readRecord(bytes, position, this.space);
          // Keys are saved before the record that rests on them: another tab may have done both.
          if (!own && restsOnKeys.has(record.kind)) await this.keyring.reload();
          await this.#folded.ready(record);
          const next = folding(position, () => this.#folded.next(record));
          this.#folded.advance(record, next, step.changed);
          step.kinds.add(record.kind);
          if (own) {
            this.#notify(step.changed, true, step.kinds);
            step = new Step();
          }
        }
      } finally {
        // What was folded is told, also where the next record could not be.
        this.#notify(step.changed, false, step.kinds);
      }
    }
    if (attempt !== null && this.standing.position === before) {
      throw new CairnError('storage-broken', `Journal position ${attempt.position} is taken and not there`);
    }
    return ours;
  }

  #notify(changed: ChangedRows, own: boolean, kinds: ReadonlySet<RecordKind>): void {
    if (kinds.size === 0) return;
    const change: Change = { position: this.standing.position, rows: changed.keys(), own, kinds };
    for (const listener of [...this.#listeners]) callSafely(() => listener(change));
  }

  #tell(event: StoreEvent): void {
    for (const listener of [...this.#eventListeners]) callSafely(() => listener(event));
  }

  async #records(positions: readonly number[]): Promise<JournalRecord[]> {
    const stored = await this.#journal.getAll(positions);
    return stored.map((bytes, index) => readRecord(bytes, positions[index] ?? 0, this.space));
  }

  /** In the background: the write that made it due is durable and waits for nothing more. */
  #saveIfDue(kind: RecordKind): void {
    // A saved membership spares the next opening to judge its log again, and the code for that.
    const every = kind === 'members' ? 1 : this.#saveEvery;
    if (this.#saving || this.standing.position - this.#savedAt < every) return;
    this.#saving = true;
    this.#inBackground(() => this.saveFold()).finally(() => {
      this.#saving = false;
    });
  }

  #refreshInBackground(): void {
    void this.#inBackground(() => this.refresh());
  }

  async #inBackground(work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#closed) await work();
    } catch (thrown) {
      // That the database was taken away is told by an event of its own, perhaps in a moment.
      if (!this.#closed && !this.#database.isOver) this.#tell({ kind: 'failed', failure: toFailure(thrown) });
    }
  }

  #awaitTail(): void {
    if (this.#tailEveryMs === null) return;
    this.#cancelTail = this.#runtime.setTimer(this.#tailEveryMs, () => {
      this.#refreshInBackground();
      this.#awaitTail();
    });
  }
}

const importBaseReading = async () => (await loadPart(() => import('./base-reader.ts'))).baseReading;

/** What a tab posts after it has added a record. */
const announcement = 'appended';
/** Other tabs hear of writes after so many milliseconds, of all that came by then at once. */
const announceMs = 8;
/** How long until whoever waits for room looks again whether it is still being made. */
const lookAgainMs = 1_000;
const restsOnKeys: ReadonlySet<RecordKind> = new Set(['device', 'members', 'joining']);
/** Closing saves the fold if so many records came since it was saved. */
const worthSaving = 32;

const strictKinds: ReadonlySet<RecordKind> = new Set([
  'device',
  'members',
  'sealed',
  'sent',
  'term',
  'joining',
]);

/** One stretch of records read that are told of together. */
class Step {
  readonly changed = new ChangedRows();
  readonly kinds = new Set<RecordKind>();
}

/** A listener that fails is its own trouble: it must not undo or hide what has been written. */
function callSafely(call: () => void): void {
  try {
    call();
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
