/**
 * Who may do what in each space, folded from the membership logs in the store and kept while there is room. The log is
 * the truth: each question first looks at its record in the store, so a change that another relay took counts here with
 * the next request (RELAY-3, RELAY-11). Entries in the store were verified before they were written, and are only folded here.
 */
import { CairnError } from '../errors.ts';
import { type SpaceId, spaceText } from '../format/bytes.ts';
import { decodeMembershipEntry } from '../format/membership-entry.ts';
import { frontierRoot } from '../format/merkle.ts';
import { emptyMembership, extendsFloor, foldMembership, type MembershipState } from '../model/membership.ts';
import { membershipLog, type Revision, type Storage } from './storage.ts';

/** The membership of a space, and the revision of its log at which it was read. */
export interface Membership {
  readonly state: MembershipState;
  readonly revision: Revision;
}

/** Folded entries kept over all spaces; an entry takes about a kilobyte. */
const mostEntries = 65_536;
const readBytes = 4 * 1024 * 1024;

export class Memberships {
  readonly #storage: Storage;
  readonly #mostEntries: number;
  /** In order of last use. */
  readonly #kept = new Map<string, MembershipState>();
  #entries = 0;

  constructor(storage: Storage, mostKept = mostEntries) {
    this.#storage = storage;
    this.#mostEntries = mostKept;
  }

  /** Null for a space that is not here. */
  async of(space: SpaceId): Promise<Membership | null> {
    const log = await this.#storage.readLog(space, membershipLog);
    if (log === null) return null;
    const stored = { size: log.frontier.size, root: frontierRoot(log.frontier) };
    const kept = this.#kept.get(spaceText(space));
    const known = kept !== undefined && kept.size <= stored.size ? kept : emptyMembership(space);
    let state = await this.#fold(known, stored.size);
    // Another history than the one folded before: the store was replaced under a running relay.
    if (known.size > 0 && !extendsFloor(state, stored)) {
      state = await this.#fold(emptyMembership(space), stored.size);
    }
    if (state.hold !== null) {
      throw new CairnError('unavailable', 'A newer relay has written to this space', {
        space: spaceText(space),
      });
    }
    if (!extendsFloor(state, stored)) {
      throw new CairnError('internal', 'A membership log that does not fold', { space: spaceText(space) });
    }
    this.keep(state);
    return { state, revision: log.revision };
  }

  /** Takes a newer state, just written, so that it need not be read and folded again. */
  keep(state: MembershipState): void {
    const key = spaceText(state.space);
    this.#forget(key);
    this.#kept.set(key, state);
    this.#entries += state.size;
    for (const oldest of this.#kept.keys()) {
      if (this.#entries <= this.#mostEntries || oldest === key) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#entries -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }

  async #fold(from: MembershipState, size: number): Promise<MembershipState> {
    let state = from;
    while (state.size < size && state.hold === null) {
      const { space } = state;
      const bytes = await this.#storage.readEntries(space, membershipLog, state.size + 1, size, readBytes);
      const folded = foldMembership(state, bytes.map(decodeMembershipEntry));
      if (folded.refusal !== null || bytes.length === 0) return folded.state;
      state = folded.state;
    }
    return state;
  }
}
