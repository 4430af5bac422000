/**
 * The oracle: what must hold after every step of a run, judged from outside, with the relay's store and every device's in view (TEST-6).
 *
 *  1. No write that its device was told is durable is lost: each tab of the device shows it, or what beat it.
 *  2. What a device counts as acknowledged is at the relay, under the same root.
 *  3. Cursors cover only what was verified: the root of a cursor is that of the relay's log at that size.
 *  4. Equal cursors and nothing unsealed mean equal rows, and so do equal positions in one journal.
 *  5. A status without reasons means that nothing is unsent, nothing is held, and nothing is missing that the relay had acknowledged when it was
 *     asked. The count of unsent changes is never too small.
 *  6. At the relay every change stands once, and what it has it keeps.
 *  7. No entry leaves a device twice with different bytes, nor before it is marked as sent, and nothing that writes to the relay leaves while another
 *     tab's turn is in the journal.
 */
import { deriveEpochKeys } from '../../src/crypto/epoch.ts';
import { type Bytes, equal, type SpaceId, toHex } from '../../src/format/bytes.ts';
import type { CborValue } from '../../src/format/cbor.ts';
import type { Changeset } from '../../src/format/changeset.ts';
import { decodeEntry, openEntry } from '../../src/format/entry.ts';
import { appendLeaf, emptyFrontier, frontierRoot, leafHash } from '../../src/format/merkle.ts';
import type { DeviceNumber, Version } from '../../src/format/stamp.ts';
import { decodeEntriesAppend } from '../../src/format/wire.ts';
import { digestRows } from '../../src/model/digest.ts';
import { mergeRows } from '../../src/model/merge.ts';
import type { RowState } from '../../src/model/row.ts';
import type { SpaceStatus } from '../../src/model/sync-status.ts';
import type { MemoryStorage } from '../../src/relay/memory-storage.ts';
import { baseReading } from '../../src/store/base-reader.ts';
import { ChangedRows } from '../../src/store/memory-table.ts';
import type { PageSource } from '../../src/store/page-source.ts';
import { Rows } from '../../src/store/rows.ts';
import type { Store } from '../../src/store/store.ts';
import { Broken } from './broken.ts';
import type { Committed, Device } from './device.ts';
import type { Witness } from './network.ts';
import { markColumn } from './plan.ts';
import type { Tab } from './tab.ts';
import type { VirtualRuntime } from './virtual-runtime.ts';

/** Requests that change something at the relay. */
const writing: ReadonlySet<string> = new Set(['', '/members', '/entries', '/beacon']);

/** One log as the relay has it. */
interface Log {
  frontier: typeof emptyFrontier;
  /** By size. */
  readonly roots: Bytes[];
  /** When it had grown to which size. */
  readonly grown: { readonly at: number; readonly size: number }[];
}

export class Oracle implements Witness {
  readonly #storage: MemoryStorage;
  readonly #space: SpaceId;
  readonly #epochKey: Bytes;
  readonly #now: () => number;
  readonly #devices: readonly Device[];
  readonly #logs = new Map<number, Log>();
  /** Every entry that ever left a device, by log and position. */
  readonly #left = new Map<string, Bytes>();
  /** Changes that are at the relay, by log and stamp. */
  readonly #arrived = new Set<string>();
  readonly #marks = new Map<CborValue, string>();
  /** What all changes at the relay come to. */
  readonly #rows = new Rows();
  #entryKey: CryptoKey | null = null;
  /** What a store was found to show at a position; nothing of it needs a second look. */
  readonly #seen = new WeakMap<
    Store,
    { readonly position: number; readonly committed: number; digest: string }
  >();
  #found: Broken | null = null;

  constructor(
    storage: MemoryStorage,
    space: SpaceId,
    epochKey: Bytes,
    devices: readonly Device[],
    now: () => number,
  ) {
    this.#storage = storage;
    this.#space = space;
    this.#epochKey = epochKey;
    this.#devices = devices;
    this.#now = now;
  }

  left(tab: VirtualRuntime, path: string, body: Uint8Array | null): void {
    if (body === null || !writing.has(path)) return;
    const sender = this.#checkTurn(tab);
    if (path !== '/entries') return;
    const { log, start, entries } = decodeEntriesAppend(body);
    if (start + entries.length - 1 > (sender?.standing.ownLog.sent ?? 0))
      this.#found ??= new Broken(`entries of log ${log} leave before they are marked as sent`);
    for (const [index, entry] of entries.entries()) {
      const name = `${log} ${start + index}`;
      const before = this.#left.get(name);
      if (before === undefined) this.#left.set(name, new Uint8Array(entry));
      else if (!equal(before, entry)) this.#found ??= new Broken(`entry ${name} leaves with other bytes`);
    }
  }

  /** Whoever sends has taken the last term of its device's journal. */
  #checkTurn(runtime: VirtualRuntime): Store | null {
    for (const { tabs, leader } of this.#devices) {
      const sender = tabs.find(({ life }) => life?.runtime === runtime);
      if (sender === undefined) continue;
      if (leader !== sender) this.#found ??= new Broken(`${sender.name} sends in the turn of another tab`);
      return sender.store;
    }
    return null;
  }

  async handled(path: string): Promise<void> {
    if (path !== '/entries') return;
    for (const { log, size } of await this.#storage.readHeads(this.#space)) {
      const { grown } = this.#log(log);
      if (size > (grown.at(-1)?.size ?? 0)) grown.push({ at: this.#now(), size });
    }
  }

  #log(log: number): Log {
    const known = this.#logs.get(log);
    if (known !== undefined) return known;
    const made: Log = { frontier: emptyFrontier, roots: [frontierRoot(emptyFrontier)], grown: [] };
    this.#logs.set(log, made);
    return made;
  }

  async judge(): Promise<void> {
    if (this.#found !== null) throw this.#found;
    await this.#readRelay();
    const digests = new Map<string, string>();
    for (const device of this.#devices) {
      for (const surprise of device.surprises) throw surprise;
      for (const tab of device.tabs) await this.#judgeTab(device, tab, digests);
    }
  }

  /** Takes in what the relay has got since. */
  async #readRelay(): Promise<void> {
    this.#entryKey ??= (await deriveEpochKeys(this.#epochKey, this.#space, 1)).entry;
    for (const { log, size } of await this.#storage.readHeads(this.#space)) {
      const known = this.#log(log);
      const from = known.frontier.size + 1;
      if (size < from - 1) throw new Broken(`the relay forgot entries of log ${log}`);
      if (size < from) continue;
      const entries = await this.#storage.readEntries(this.#space, log, from, size, Number.MAX_SAFE_INTEGER);
      for (const bytes of entries) {
        known.frontier = appendLeaf(known.frontier, leafHash(bytes));
        known.roots.push(frontierRoot(known.frontier));
        for (const changeset of (await openEntry(this.#entryKey, decodeEntry(bytes))).changesets)
          this.#arrive(log as DeviceNumber, changeset);
      }
    }
  }

  #arrive(log: DeviceNumber, changeset: Changeset): void {
    const name = `${log} ${changeset.stamp}`;
    if (this.#arrived.has(name)) throw new Broken(`change ${name} stands twice at the relay`);
    this.#arrived.add(name);
    for (const op of changeset.ops) {
      const mark = op.kind === 'put' ? op.cells.get(markColumn) : undefined;
      if (mark === undefined) continue;
      const other = this.#marks.get(mark) ?? name;
      if (other !== name) throw new Broken(`write ${mark} was made twice: ${other} and ${name}`);
      this.#marks.set(mark, name);
    }
    this.#rows.apply(changeset, log, 1, new ChangedRows());
  }

  async #judgeTab(device: Device, tab: Tab, digests: Map<string, string>): Promise<void> {
    const { store } = tab;
    if (store === null) return;
    const digest = await this.#look(device, tab, store);
    const compare = (what: string): void => {
      const other = digests.get(what) ?? digest;
      if (other !== digest) throw new Broken(`equal (${what}) and other rows: ${tab.name}`);
      digests.set(what, digest);
    };
    compare(`positions ${device.profile.name} ${store.standing.position}`);
    if (store.standing.outbox.length === 0) compare(`cursors ${cursorsOf(store)}`);
    const status = tab.status();
    if (status !== null) this.#checkStatus(device, tab.name, store, status);
  }

  /** Judges what follows from the store alone; gives the digest of its rows. */
  async #look(device: Device, tab: Tab, store: Store): Promise<string> {
    const { position } = store.standing;
    const committed = device.committed.length;
    const seen = this.#seen.get(store);
    if (seen?.position === position && seen.committed === committed) return seen.digest;
    const rows = await rowsOf(store, device);
    for (const write of device.committed) if (write.position <= position) checkShown(rows, write, tab.name);
    this.#checkCursors(store, tab.name);
    const digest = seen?.position === position ? seen.digest : await digestOf(rows);
    this.#seen.set(store, { position, committed, digest });
    return digest;
  }

  #checkCursors(store: Store, name: string): void {
    const { device, cursors, ownLog } = store.standing;
    for (const [log, cursor] of cursors) {
      const { roots } = this.#log(log);
      const root = roots[cursor.size];
      if (root === undefined) {
        if (log !== device)
          throw new Broken(`${name} has applied ${cursor.size} of log ${log}, which has ${roots.length - 1}`);
      } else if (!equal(root, cursor.root))
        throw new Broken(`${name} has another root of log ${log} at ${cursor.size}`);
    }
    if (device !== null && ownLog.acknowledged > this.#log(device).frontier.size)
      throw new Broken(`${name} believes that ${ownLog.acknowledged} of its entries are at the relay`);
  }

  #checkStatus(device: Device, name: string, store: Store, status: SpaceStatus): void {
    const { standing } = store;
    const missing = device.committed.filter(
      ({ device: log, changeset, position }) =>
        position <= standing.position && !this.#arrived.has(`${log} ${changeset.stamp}`),
    );
    if (status.unsent < missing.length)
      throw new Broken(`${name} says that ${status.unsent} are unsent of ${missing.length}`);
    for (const { log } of standing.holds.values()) {
      if (!status.reasons.some((reason) => reason.kind === 'held' && reason.values.device === log))
        throw new Broken(`${name} does not say that log ${log} is held`);
    }
    if (status.reasons.length > 0) return;
    if (missing.length > 0 || standing.outbox.length > 0 || standing.sealed.length > 0)
      throw new Broken(`${name} claims too much: unsent`);
    const askedAt = device.profile.askedAt(status.asOf ?? -1);
    for (const [log, { grown }] of this.#logs) {
      const has = standing.cursors.get(log as DeviceNumber)?.size ?? 0;
      const then = grown.findLast(({ at }) => at < askedAt)?.size ?? 0;
      if (has < then) throw new Broken(`${name} claims too much: ${has} of ${then} of log ${log}`);
    }
  }

  /** At the end: every write is at the relay, and every tab shows exactly what they come to. */
  async checkContents(): Promise<string> {
    for (const { committed } of this.#devices) {
      for (const { device, changeset } of committed) {
        const name = `${device} ${changeset.stamp}`;
        if (!this.#arrived.has(name)) throw new Broken(`change ${name} never came to the relay`);
      }
    }
    const expected = await digestRows(this.#rows.all());
    for (const device of this.#devices) {
      for (const { store, name } of device.tabs) {
        if (store === null || (await digestOf(await rowsOf(store, device))) !== expected)
          throw new Broken(`${name} shows other rows`);
      }
    }
    return expected;
  }
}

function checkShown(rows: SeenRows, { device, changeset }: Committed, name: string): void {
  const version: Version = { stamp: changeset.stamp, device };
  const lost = (what: string): Broken => new Broken(`${name} lost ${what} written at ${version.stamp}`);
  for (const op of changeset.ops) {
    const row = rows.get(`${op.table}/${op.id}`)?.[2];
    if (row === undefined) throw lost(`row ${op.table}/${op.id}`);
    if (op.kind === 'put') {
      for (const column of op.cells.keys()) {
        const cell = row.cells.get(column);
        if (cell === undefined || isOlder(cell.version, version)) throw lost(`cell ${op.id}.${column}`);
      }
    } else {
      const mark = op.kind === 'delete' ? row.tombstone : row.restored;
      if (mark === null || isOlder(mark, version)) throw lost(`the ${op.kind} of ${op.id}`);
    }
  }
}

/** By stamp, then by device: the oracle's own word for it. */
function isOlder(a: Version, b: Version): boolean {
  return a.stamp === b.stamp ? a.device < b.device : a.stamp < b.stamp;
}

function cursorsOf(store: Store): string {
  return [...store.standing.cursors]
    .filter(([, cursor]) => cursor.size > 0)
    .sort(([a], [b]) => a - b)
    .map(([log, cursor]) => `${log}:${cursor.size}:${toHex(cursor.root).slice(0, 8)}`)
    .join(' ');
}

type SeenRows = ReadonlyMap<string, readonly [table: string, id: string, row: RowState]>;

/** What a tab shows, read past its database: the pages that it rests on, with what it has above them. */
async function rowsOf({ rows }: Store, { pages }: Device): Promise<SeenRows> {
  const source: PageSource = {
    get: async (names) =>
      names.map((name) => {
        const bytes = pages.get(name);
        if (bytes === undefined) throw new Broken(`page ${name} was never written`);
        return bytes;
      }),
  };
  const seen = new Rows(async () => baseReading(source));
  await seen.ready(rows.base);
  seen.rest(rows.base);
  const all = new Map<string, readonly [string, string, RowState]>();
  for await (const row of seen.all()) all.set(`${row[0]}/${row[1]}`, row);
  for (const table of rows.above.tables()) {
    for (const [id, row] of rows.above.scan(table)) {
      const below = all.get(`${table}/${id}`)?.[2];
      all.set(`${table}/${id}`, [table, id, below === undefined ? row : mergeRows(below, row)]);
    }
  }
  return all;
}

function digestOf(rows: SeenRows): Promise<string> {
  return digestRows(rows.values());
}
