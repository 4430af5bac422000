/**
 * Where a join stands, as a pure state machine (DESIGN §11, JOIN-5). Each state is one `joining` record, so a
 * reload goes on from it.
 *
 *   (invited) ──Join tapped──▶ verifying ──log extends the floor──▶ joining ──own entry pulled back, verified──▶ catching-up
 *                                                                                                               │
 *                              confirmed ◀──another device's statement covers the entry── joined ◀──all applied──┘
 *                                  ▲                                                                            │
 *                                  └──────────────────── both at once ──────────────────────────────────────────┘
 *
 * "Invited" is the link alone: nothing is stored. "Joined" is "joined, not yet confirmed" (JOIN-19): the cycle keeps looking.
 */
export type JoinState = 'verifying' | 'joining' | 'catching-up' | 'joined' | 'confirmed';

const states: readonly JoinState[] = ['verifying', 'joining', 'catching-up', 'joined', 'confirmed'];

/** The state that a `joining` record names; null for none of ours. */
export function joinStateOf(joining: { readonly state: string } | null): JoinState | null {
  return states.find((state) => state === joining?.state) ?? null;
}

/** True while the join itself is still to be done. */
export function isBeforeJoin(state: JoinState | null): boolean {
  return state === 'verifying' || state === 'joining';
}

/** What a completed cycle has found out. */
export interface JoinFindings {
  /** Every cursor is at its verified head. */
  readonly caughtUp: boolean;
  /** A signed head or beacon of another device covers the join entry (JOIN-18). */
  readonly confirmed: boolean;
}

/** The state after a cycle. */
export function joinAfterCycle(state: JoinState, { caughtUp, confirmed }: JoinFindings): JoinState {
  switch (state) {
    case 'verifying':
    case 'joining':
    case 'confirmed':
      return state;
    case 'catching-up':
      if (!caughtUp) return state;
      return confirmed ? 'confirmed' : 'joined';
    case 'joined':
      return confirmed ? 'confirmed' : state;
  }
}
