/**
 * Sync as one tab takes part in it: its turns as the leader, what the tabs tell each other, invitations, and the
 * names that the membership log seals. The rows of the space need nothing of this.
 *
 * What is known of sync is one value, the same in all tabs: the one that leads makes it, tells it and keeps it for the next start.
 */
import { CairnError, isError, toFailure } from '../errors.ts';
import { toHex } from '../format/bytes.ts';
import type { Activity } from '../model/activity.ts';
import { lowestReader } from '../model/schema.ts';
import type { SpaceStatus } from '../model/sync-status.ts';
import type { Runtime } from '../runtime.ts';
import type { FoldSizes } from '../store/compactor.ts';
import type { Store } from '../store/store.ts';
import { openSync, type SyncContext } from '../sync/context.ts';
import { type Cycle, type CycleState, startCycle } from '../sync/cycle.ts';
import { invite } from '../sync/invite.ts';
import { ActivityRecorder } from './activity-recorder.ts';
import { keepCompacting } from './compacting.ts';
import { DeviceNames } from './device-names.ts';
import { takeTurns } from './leader.ts';
import type { OpenRequest, PageEvent, Role } from './protocol.ts';
import { SyncNote } from './sync-note.ts';
import { TabLine } from './tab-channel.ts';

/** How long whoever looks waits at most for the next try, milliseconds. */
const seenMs = 15_000;

export interface SyncSideParts {
  readonly runtime: Runtime;
  readonly store: Store;
  readonly request: OpenRequest;
  /** Origin of the relay. */
  readonly relay: () => string;
  /** True while someone looks at the page of this tab. */
  readonly isSeen: () => boolean;
  /** What was known when the space was open last. */
  readonly known: CycleState;
  /** What the page was told last. */
  readonly status: SpaceStatus;
  /** Hears of what is known now. */
  readonly told: (state: CycleState) => void;
  /** Hears that there are other names. */
  readonly named: () => void;
  readonly foldSizes?: FoldSizes;
}

export class SyncSide {
  readonly names: DeviceNames = new DeviceNames();
  readonly #parts: SyncSideParts;
  readonly #line: TabLine;
  readonly #note: SyncNote;
  readonly #activity: ActivityRecorder;
  readonly #over = new AbortController();
  readonly #leading: Promise<void>;
  /** The cycle that this tab runs while it leads; null while another tab does. */
  #cycle: Cycle | null = null;
  /** Another tab has led since this one was opened or led last. */
  #hasFollowed = false;
  /** Who waits for this tab to lead. */
  readonly #awaitingTurn = new Set<(cycle: Cycle) => void>();
  #state: CycleState;

  constructor(parts: SyncSideParts) {
    const { runtime, store } = parts;
    const tab = toHex(runtime.randomBytes(8));
    this.#parts = parts;
    this.#state = parts.known;
    this.#note = new SyncNote(store);
    this.#activity = new ActivityRecorder({
      runtime,
      notes: store.notes,
      schemaVersion: parts.request.schema.version,
      status: parts.status,
      leads: () => this.#cycle !== null,
    });
    store.onEvent(({ kind }) => {
      if (kind === 'reopened') this.#activity.record({ kind });
    });
    this.#line = new TabLine(runtime, store.space, tab, {
      state: (state) => {
        if (this.#cycle !== null) return;
        this.#hasFollowed = true;
        void this.#hear(state);
        if (parts.isSeen() && isFarOff(state, runtime)) this.#line.tellSeen();
      },
      seen: () => this.#cycle?.seen(),
      stateAsked: () => {
        if (this.#cycle !== null) this.#line.tellState(this.#state);
      },
      syncAsked: () => this.#cycle?.now().then(() => undefined, endedHere) ?? null,
    });
    this.#line.askState();
    this.openNames();
    this.#leading = takeTurns(
      runtime,
      store,
      tab,
      this.#over.signal,
      (turn) => this.#takeTurn(turn),
      (thrown) => this.#tell({ ...this.#state, syncing: false, lastError: toFailure(thrown) }),
    );
  }

  /** Hears what the page is told. */
  saw(status: SpaceStatus): void {
    this.#activity.saw(status);
  }

  /** What happened on this device, oldest first. @throws storage-… */
  activity(): Promise<readonly Activity[]> {
    return this.#activity.lines();
  }

  pageEvent(event: PageEvent): void {
    // A page that is hidden may be ended without another word.
    if (event === 'hidden') void this.#activity.write();
    if (event === 'offline') return;
    this.#cycle?.poke(event);
    if (event === 'visible' && this.#cycle === null) this.#line.tellSeen();
  }

  /** @throws what the cycle fails with; timeout if another tab leads and does not answer */
  syncNow(): Promise<void> {
    return again(() => this.#syncOnce());
  }

  async #syncOnce(): Promise<void> {
    if (this.#cycle !== null) {
      await this.#cycle.now();
      return;
    }
    // Another tab leads; or none does at the moment, and then it may be this one's turn next. What that one is given is not its time.
    let begins: (cycle: Cycle) => void = () => undefined;
    const ownTurn = new Promise<Cycle>((resolve) => {
      begins = resolve;
    });
    this.#awaitingTurn.add(begins);
    try {
      await (await Promise.race([this.#line.askSync(), ownTurn]))?.now();
    } finally {
      this.#awaitingTurn.delete(begins);
    }
  }

  async invite(role: Role, uses: number, lifeMs: number): Promise<{ link: string; expires: number }> {
    const { appUrl } = this.#parts.request;
    // A turn that begins meanwhile, here or in another tab, ends what was begun in the one before.
    const made = await again(() =>
      invite(this.#context(), { role, uses, lifeMs, appUrl }, this.#over.signal),
    );
    this.#activity.record({ kind: 'invited', role, uses });
    return made;
  }

  /** To be called when the membership log has grown. */
  openNames(): void {
    const { standing, keyring } = this.#parts.store;
    this.names.open(standing.membership, keyring.epochs).then(
      (changed) => {
        if (changed) this.#parts.named();
      },
      // WebCrypto itself failed: names stay unknown, and the next membership entry tries again.
      (thrown: unknown) => this.#tell({ ...this.#state, lastError: toFailure(thrown) }),
    );
  }

  async close(reason: unknown): Promise<void> {
    this.#over.abort(reason);
    // A cycle that ends tells its last state, so the line is the last to go.
    await this.#leading;
    await this.#activity.close();
    this.#line.close();
  }

  /** What a leader does until its turn ends: one cycle after the other. The first thing in each is a join that was cut off. */
  async #takeTurn(turn: AbortSignal): Promise<void> {
    const cycle = startCycle(this.#context(), turn, this.#state, this.#parts.isSeen);
    this.#cycle = cycle;
    if (this.#hasFollowed) this.#activity.record({ kind: 'took-over' });
    this.#hasFollowed = false;
    this.#activity.lookAgain();
    const stop = cycle.state.subscribe((state) => {
      this.#line.tellState(state);
      this.#note.keep(state);
      this.#tell(state);
    });
    for (const begins of this.#awaitingTurn) begins(cycle);
    const { runtime, store, request, foldSizes } = this.#parts;
    const over = new AbortController();
    const until = AbortSignal.any([turn, over.signal]);
    const compacting = keepCompacting(runtime, store, request.schema, until, foldSizes);
    try {
      await cycle.ended;
    } finally {
      over.abort();
      await compacting;
      stop();
      this.#cycle = null;
    }
  }

  /** What the leader compared is in the journal: it counts here when this tab has read it there. */
  async #hear(state: CycleState): Promise<void> {
    const { comparedAt } = this.#state;
    const isRead =
      state.comparedAt === comparedAt ||
      (await this.#parts.store.refresh().then(
        () => true,
        () => false,
      ));
    if (this.#cycle === null) this.#tell(isRead ? state : { ...state, comparedAt });
  }

  #tell(state: CycleState): void {
    this.#state = state;
    this.#parts.told(state);
  }

  #context(): SyncContext {
    const { runtime, store, request, relay } = this.#parts;
    const readableSince = lowestReader(request.schema);
    const { term } = store.standing;
    const { version: schemaVersion } = request.schema;
    return openSync({ runtime, store, relay: relay(), schemaVersion, readableSince, term });
  }
}

/** The next try is later than anyone who looks should wait for it. */
function isFarOff({ nextTryAt, lastError }: CycleState, runtime: Runtime): boolean {
  return lastError !== null && nextTryAt !== null && nextTryAt - runtime.now() > seenMs;
}

/** For another tab, the end of this one is the end of a turn and no more. */
function endedHere(thrown: unknown): never {
  throw isError(thrown, 'closed') ? new CairnError('moved', 'The tab that synced was closed') : thrown;
}

/** Tries again, a few times, what another tab's turn came between. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 3; ; left -= 1) {
    try {
      return await work();
    } catch (thrown) {
      if (left === 0 || !isError(thrown, 'moved')) throw thrown;
    }
  }
}
