/**
 * Every limit of the system in one place (DESIGN §14). Each is checked on the side that writes and on
 * the side that receives, before memory is taken for what it bounds. Sizes are bytes unless a name
 * says otherwise; times are milliseconds.
 */
export const limits = {
  /** A sealed entry as it lies in a log. One changeset must fit one. */
  entryBytes: 256 * 1024,
  /** The inflated body of an entry: what a peer may make us allocate for one entry. */
  bodyBytes: 1024 * 1024,
  membershipEntryBytes: 1024 * 1024,
  /** Any other signed object (head, beacon, invitation, token). */
  signedObjectBytes: 256 * 1024,
  cellBytes: 32 * 1024,
  columnsPerRow: 64,
  /** Declared ones; required references have theirs besides. */
  indexesPerTable: 8,
  columnsPerIndex: 4,
  nameBytes: 64,
  rowIdBytes: 128,
  cborDepth: 16,
  /** How deep the value of a cell may nest: an entry's body puts seven levels around it. */
  cellDepth: 9,
  /** Body of a request or an answer over HTTP. */
  httpBodyBytes: 4 * 1024 * 1024,
  pageBytes: 60 * 1024,
  /** Below this a page is cut only where a row comes that does not fit. */
  pageLeastBytes: 16 * 1024,
  pagesPerRequest: 16,
  devices: 1024,
  members: 1024,
  /** How far ahead of a clock a stamp may be. */
  clockAheadMs: 5 * 60 * 1000,
  tokenLifeMs: 5 * 60 * 1000,
  invitationLifeMs: 30 * 24 * 60 * 60 * 1000,
  invitationDefaultLifeMs: 7 * 24 * 60 * 60 * 1000,
  invitationUses: 1024,
  /** Leaf hashes of one step of a sync run. */
  leavesPerStep: 65_536,
  /** Conflict records a device keeps; the oldest goes first. */
  conflicts: 1000,
} as const;

/** What people call themselves and their devices: bytes of UTF-8 in one name. */
export const longestName = 128;
