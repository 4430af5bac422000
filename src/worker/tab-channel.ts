/**
 * What the tabs of one space say to each other about sync: the leader tells its state, the others ask for it and for
 * a cycle. Messages may be lost; what rests on one has a time limit. Rows travel by the journal, never here.
 *
 * Tabs of this origin may run different builds (APP-10). Each message has the number of its format, and a tab passes over what is not
 * in its own, as if it had been lost. `format` is raised whenever a message changes, or anything that one carries.
 */
import { CairnError, type Failure, toFailure } from '../errors.ts';
import { type SpaceId, toBase64Url } from '../format/bytes.ts';
import type { Channel, Runtime } from '../runtime.ts';
import type { CycleState } from '../sync/cycle.ts';

const format = 1;

type Message =
  | { readonly kind: 'state'; readonly state: CycleState }
  | { readonly kind: 'ask-state' }
  | { readonly kind: 'seen' }
  | { readonly kind: 'ask-sync'; readonly from: string; readonly number: number }
  | { readonly kind: 'synced'; readonly to: string; readonly number: number; readonly error: Failure | null };

interface Posted {
  readonly format: typeof format;
  readonly message: Message;
}

/** Only builds of this app speak here, so the number of the format tells all of the shape. */
function isPosted(posted: unknown): posted is Posted {
  return typeof posted === 'object' && posted !== null && 'format' in posted && posted.format === format;
}

export interface TabListener {
  /** The leader told its state. */
  state(state: CycleState): void;
  /** A new tab wants to know; only the leader answers, by `tellState`. */
  stateAsked(): void;
  /** Someone looks at the page of another tab, and the next try is far off. */
  seen(): void;
  /** Another tab wants a cycle: null if this tab does not lead, else the cycle. */
  syncAsked(): Promise<void> | null;
}

/** How long a tab waits for the leader's cycle, in milliseconds. */
const answerMs = 60_000;

export class TabLine {
  readonly #runtime: Runtime;
  readonly #tab: string;
  readonly #channel: Channel;
  readonly #waiting = new Map<number, (error: Failure | null) => void>();
  #last = 0;
  #closed = false;

  constructor(runtime: Runtime, space: SpaceId, tab: string, listener: TabListener) {
    this.#runtime = runtime;
    this.#tab = tab;
    this.#channel = runtime.openChannel(`cairn-tabs-${toBase64Url(space)}`);
    this.#channel.onMessage((posted) => {
      if (isPosted(posted)) this.#hear(posted.message, listener);
    });
  }

  tellState(state: CycleState): void {
    this.#post({ kind: 'state', state });
  }

  askState(): void {
    this.#post({ kind: 'ask-state' });
  }

  /** Tells the leader that someone looks at the page of this tab. */
  tellSeen(): void {
    this.#post({ kind: 'seen' });
  }

  /** A cycle of the leading tab. @throws what it failed with; timeout if no tab answers */
  askSync(): Promise<void> {
    this.#last += 1;
    const number = this.#last;
    return new Promise((resolve, reject) => {
      const cancel = this.#runtime.setTimer(answerMs, () => {
        this.#waiting.delete(number);
        reject(new CairnError('timeout', 'the tab that syncs does not answer'));
      });
      this.#waiting.set(number, (error) => {
        this.#waiting.delete(number);
        cancel();
        if (error === null) resolve();
        else reject(CairnError.fromFailure(error));
      });
      this.#post({ kind: 'ask-sync', from: this.#tab, number });
    });
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
    const error = new CairnError('closed', 'the space was closed').toFailure();
    for (const settle of [...this.#waiting.values()]) settle(error);
  }

  #post(message: Message): void {
    // A cycle that another tab asked for may end after this one has closed.
    if (!this.#closed) this.#channel.post({ format, message } satisfies Posted);
  }

  #hear(message: Message, listener: TabListener): void {
    switch (message.kind) {
      case 'state':
        listener.state(message.state);
        break;
      case 'ask-state':
        listener.stateAsked();
        break;
      case 'seen':
        listener.seen();
        break;
      case 'ask-sync': {
        const { from: to, number } = message;
        const cycle = listener.syncAsked();
        const answer = (error: Failure | null): void => this.#post({ kind: 'synced', to, number, error });
        cycle?.then(
          () => answer(null),
          (thrown: unknown) => answer(toFailure(thrown)),
        );
        break;
      }
      case 'synced':
        if (message.to === this.#tab) this.#waiting.get(message.number)?.(message.error);
        break;
    }
  }
}
