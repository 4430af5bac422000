/**
 * A stored space in one tab's worker: its store, its rows, and what its page is told. Sync is beside it
 * (`sync-side`) and begins when the rows are out.
 */
import { CairnError, type Failure, toFailure } from '../errors.ts';
import { toBase64Url } from '../format/bytes.ts';
import type { Activity } from '../model/activity.ts';
import type { CellAuthor } from '../model/cell-author.ts';
import { deriveStatus, type SpaceStatus, type SyncFacts, storageFault } from '../model/sync-status.ts';
import type { Runtime } from '../runtime.ts';
import type { Change, StoreEvent } from '../store/change.ts';
import { type StorageHealth, type StorageLike, storageHealth } from '../store/storage-health.ts';
import type { Store } from '../store/store.ts';
import type { CycleState } from '../sync/cycle.ts';
import { joinStateOf } from '../sync/join-state.ts';
import { joinedRelay } from '../sync/joining.ts';
import { checkErase } from './erase-guard.ts';
import type { OpenedSpace } from './host.ts';
import { loadBeyondRows, loadRowCalls } from './loading.ts';
import type {
  Conflict,
  OpenRequest,
  PageEvent,
  PageState,
  Role,
  Started,
  Update,
  UpdateListener,
} from './protocol.ts';
import { RowService } from './row-service.ts';
import { conflictsOf, statusFacts } from './status-facts.ts';
import type { SyncSide } from './sync-side.ts';
import { Updates } from './updates.ts';

/** What a stored space is made of. */
export interface SpaceParts {
  readonly runtime: Runtime;
  readonly store: Store;
  readonly request: OpenRequest;
  readonly page: PageState;
  readonly storage: StorageLike | null;
  /** What was known of sync when this space was open last. */
  readonly known: CycleState;
  readonly onUpdate: UpdateListener;
}

/** How long rows have the worker and the network to themselves after an opening, in milliseconds. */
const rowsFirstMs = 250;
/** How long until code that could not be loaded is tried again, in milliseconds. */
const loadAgainMs = 10_000;
/** How old what the browser said of our storage may be, in milliseconds. */
const healthMs = 10_000;

export class StoredSpace implements OpenedSpace {
  readonly rows: RowService;
  readonly started: Started;
  readonly #parts: SpaceParts;
  readonly #updates: Updates;
  #side: SyncSide | null = null;
  #beginning: Promise<SyncSide> | null = null;
  #cancelBegin: () => void;
  #isOver = false;
  #sync: CycleState;
  /** Since when the browser says that there is no network, wall time; null while it says that there is one. */
  #offlineSince: number | null;
  #isSeen: boolean;
  #fault: SyncFacts['storage']['fault'] = null;
  #health: StorageHealth = { persisted: null, usage: null, quota: null };
  #healthAt = Number.NEGATIVE_INFINITY;
  #ended: Failure | null = null;
  /** What the page was told last. */
  #told: { readonly status: SpaceStatus; readonly records: unknown };

  constructor(parts: SpaceParts) {
    const { runtime, store, request, page, onUpdate } = parts;
    this.#parts = parts;
    this.#offlineSince = page.online ? null : runtime.now();
    this.#isSeen = page.visible;
    this.#sync = parts.known;
    this.#updates = new Updates(runtime, () => this.#collect(), onUpdate);
    this.rows = new RowService(runtime, request.schema, store, () => this.#updates.mark());
    store.onChange((change) => this.#changed(change));
    store.onEvent((event) => this.#happened(event));
    const status = this.#status();
    this.#told = { status, records: store.standing.conflicts };
    this.started = { space: toBase64Url(store.space), status, conflicts: this.#conflicts() };
    // Where there are no rows yet, the first ones are what comes by sync.
    this.#cancelBegin = this.#beginIn(store.rows.isEmpty ? 0 : rowsFirstMs);
  }

  pageEvent(event: PageEvent): void {
    if (event === 'online') this.#offlineSince = null;
    if (event === 'offline') this.#offlineSince = this.#parts.runtime.now();
    if (event === 'visible' || event === 'hidden') this.#isSeen = event === 'visible';
    this.#side?.pageEvent(event);
    this.#updates.mark();
  }

  async syncNow(): Promise<void> {
    await (await this.#begin()).syncNow();
  }

  async invite(role: Role, uses: number, lifeMs: number): Promise<{ link: string; expires: number }> {
    return (await this.#begin()).invite(role, uses, lifeMs);
  }

  async digest(): Promise<string> {
    const { store } = this.#parts;
    const { digestRows } = await loadBeyondRows();
    // Of all that is here, also what another tab wrote a moment ago.
    await store.refresh();
    return digestRows(store.rows.all());
  }

  async activity(): Promise<readonly Activity[]> {
    return (await this.#begin()).activity();
  }

  async authors(table: string, id: string): Promise<readonly CellAuthor[]> {
    const { rowAuthors } = await loadBeyondRows();
    return rowAuthors(this.#parts.store, this.#sync.heard, table, id);
  }

  async close(): Promise<void> {
    await this.rows.settle();
    await this.#stop();
    await this.#parts.store.close();
  }

  async erase(unsentSeen: number | null): Promise<void> {
    const { store } = this.#parts;
    await this.rows.settle();
    await store.refresh();
    checkErase(store.standing, unsentSeen);
    await this.#stop();
    await store.erase();
  }

  async #stop(): Promise<void> {
    this.#isOver = true;
    this.#cancelBegin();
    this.rows.close();
    this.#updates.close();
    await this.#beginning?.catch(() => undefined);
    await this.#side?.close(over());
  }

  #beginIn(ms: number): () => void {
    return this.#parts.runtime.setTimer(ms, () => {
      // What it fails with is told by the status, and it is tried again.
      this.#begin().catch(() => undefined);
    });
  }

  /** Begins what goes on beside the rows. @throws unavailable if its code cannot be loaded, closed */
  #begin(): Promise<SyncSide> {
    if (this.#isOver) return Promise.reject(over());
    this.#cancelBegin();
    this.#beginning ??= this.#startSide();
    return this.#beginning;
  }

  async #startSide(): Promise<SyncSide> {
    const { runtime, store, request, known } = this.#parts;
    try {
      // Reading and writing as well: from here on nothing that people do waits for code.
      const [{ SyncSide }] = await Promise.all([loadBeyondRows(), loadRowCalls()]);
      if (this.#isOver) throw over();
      const relay = (): string => this.#relay;
      const told = (state: CycleState): void => this.#setSync(state);
      const named = (): void => this.#updates.mark();
      const isSeen = (): boolean => this.#isSeen;
      const { status } = this.#told;
      this.#side = new SyncSide({ runtime, store, request, relay, isSeen, known, status, told, named });
      return this.#side;
    } catch (thrown) {
      this.#beginning = null;
      this.#setSync({ ...this.#sync, lastError: toFailure(thrown) });
      if (!this.#isOver) this.#cancelBegin = this.#beginIn(loadAgainMs);
      throw thrown;
    }
  }

  /** The relay of the link by which this device joined, else the one that the app names. */
  get #relay(): string {
    return joinedRelay(this.#parts.store.standing) ?? this.#parts.request.relay;
  }

  #setSync(state: CycleState): void {
    this.#sync = state;
    // Browsers are wrong about this now and then: whoever has just reached the relay is not offline.
    const { comparedAt } = state;
    if (this.#offlineSince !== null && comparedAt !== null && comparedAt > this.#offlineSince) {
      this.#offlineSince = null;
    }
    this.#updates.mark();
  }

  #changed(change: Change): void {
    if (change.rows.length > 0) this.rows.changed(change.rows);
    if (change.kinds.has('members')) this.#side?.openNames();
    // "Nothing unsent" is taken back before the write that ends it is answered; everything else can wait for its frame.
    if (change.kinds.has('local') && this.#told.status.unsent === 0) this.#updates.flush();
    else this.#updates.mark();
  }

  #happened(event: StoreEvent): void {
    switch (event.kind) {
      case 'full':
        this.#fault = 'full';
        this.#healthAt = Number.NEGATIVE_INFINITY;
        break;
      case 'reopened':
        // A full disk is tried with a new connection as well; only a write that went through takes that back.
        if (this.#fault !== 'full') this.#fault = null;
        break;
      case 'room':
        this.#fault = null;
        break;
      case 'upgrade':
        this.#end(new CairnError('newer-database', 'a newer version of the app is open: reload this page'));
        break;
      case 'erased':
        this.#end(new CairnError('closed', 'the space was erased in another tab'));
        break;
      case 'failed':
        this.#fault = storageFault(event.failure.code) ?? { broken: event.failure.code };
        break;
    }
    this.#updates.mark();
  }

  /** The space cannot go on in this tab. */
  #end(reason: CairnError): void {
    this.#ended = reason.toFailure();
    this.#updates.flush();
    void this.#stop();
  }

  #collect(): Update | null {
    const live = this.rows.news();
    const { conflicts: records } = this.#parts.store.standing;
    const before = this.#told;
    const now = this.#status();
    const status = isSame(before.status, now) ? null : now;
    const conflicts = records === before.records ? null : this.#conflicts();
    const ended = this.#ended;
    if (live.length === 0 && status === null && conflicts === null && ended === null) return null;
    this.#told = { status: now, records };
    this.#side?.saw(now);
    return {
      live,
      ...(status === null ? {} : { status }),
      ...(conflicts === null ? {} : { conflicts }),
      ...(ended === null ? {} : { ended }),
    };
  }

  #status(): SpaceStatus {
    this.#askHealth();
    return deriveStatus(
      statusFacts({
        standing: this.#parts.store.standing,
        sync: this.#sync,
        names: this.#side?.names ?? null,
        online: this.#offlineSince === null,
        join: joinStateOf(this.#parts.store.standing.joining),
        relay: this.#relay,
        health: this.#health,
        fault: this.#fault,
        rows: this.rows.counts,
      }),
    );
  }

  #conflicts(): Conflict[] {
    return conflictsOf(this.#parts.request.schema, this.#parts.store.standing.conflicts);
  }

  /** Asks the browser about our storage, if what it said is old; the answer is told with the next message. */
  #askHealth(): void {
    const { runtime, storage } = this.#parts;
    const now = runtime.monotonic();
    if (now - this.#healthAt < healthMs) return;
    this.#healthAt = now;
    void storageHealth(storage).then((health) => {
      this.#health = health;
      this.#updates.mark();
    });
  }
}

function over(): CairnError {
  return new CairnError('closed', 'the space was closed');
}

/** Statuses are plain data without undefined values, made in one place: their text tells them apart. */
function isSame(a: SpaceStatus, b: SpaceStatus): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
