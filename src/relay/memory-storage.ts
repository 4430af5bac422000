/**
 * The storage contract in memory: for the simulator, for tests, and as the plainest statement of what an adapter does.
 * "Survives" means for as long as the object lives; several relays may share it.
 */
import { CairnError } from '../errors.ts';
import { type Bytes, type Hash, type SpaceId, spaceText } from '../format/bytes.ts';
import {
  type Append,
  membershipLog,
  type Storage,
  type StoredBeacon,
  type StoredHead,
  type StoredLog,
  type Usage,
} from './storage.ts';

interface Log {
  state: StoredLog;
  readonly entries: Bytes[];
  readonly leaves: Hash[];
}

interface Space {
  readonly logs: Map<number, Log>;
  readonly beacons: Map<number, StoredBeacon>;
}

export class MemoryStorage implements Storage {
  readonly #spaces = new Map<string, Space>();
  #revisions = 0;
  #closed = false;

  async readLog(space: SpaceId, log: number): Promise<StoredLog | null> {
    return this.#find(space)?.logs.get(log)?.state ?? null;
  }

  async append(space: SpaceId, log: number, { expected, entries, after }: Append): Promise<boolean> {
    const found = this.#find(space)?.logs.get(log);
    if ((found?.state.revision ?? null) !== expected) return false;
    const state: StoredLog = { ...after, revision: String(++this.#revisions) };
    const kept = found ?? { state, entries: [], leaves: [] };
    kept.state = state;
    for (const { entry, leaf } of entries) {
      kept.entries.push(entry);
      kept.leaves.push(leaf);
    }
    this.#make(space).logs.set(log, kept);
    return true;
  }

  async readEntries(
    space: SpaceId,
    log: number,
    start: number,
    end: number,
    maxBytes: number,
  ): Promise<Bytes[]> {
    const taken: Bytes[] = [];
    let bytes = 0;
    for (const entry of this.#find(space)
      ?.logs.get(log)
      ?.entries.slice(start - 1, end) ?? []) {
      bytes += entry.length;
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  async readLeaves(space: SpaceId, log: number, start: number, end: number): Promise<Hash[]> {
    return (
      this.#find(space)
        ?.logs.get(log)
        ?.leaves.slice(start - 1, end) ?? []
    );
  }

  async readHeads(space: SpaceId): Promise<StoredHead[]> {
    const heads: StoredHead[] = [];
    for (const [log, { state }] of this.#find(space)?.logs ?? []) {
      if (log !== membershipLog && state.head !== null)
        heads.push({ log, size: state.frontier.size, head: state.head });
    }
    return heads.sort((a, b) => a.log - b.log);
  }

  async putBeacon(space: SpaceId, beacon: StoredBeacon): Promise<boolean> {
    const { beacons } = this.#make(space);
    const kept = beacons.get(beacon.device);
    if (kept !== undefined && kept.at >= beacon.at) return false;
    beacons.set(beacon.device, beacon);
    return true;
  }

  async readBeacons(space: SpaceId): Promise<StoredBeacon[]> {
    const beacons = [...(this.#find(space)?.beacons.values() ?? [])];
    return beacons.sort((a, b) => b.at - a.at || a.device - b.device);
  }

  async measure(): Promise<Usage> {
    this.#checkOpen();
    let bytes = 0;
    for (const { logs, beacons } of this.#spaces.values()) {
      for (const { entries, leaves } of logs.values()) {
        bytes += entries.reduce((sum, entry) => sum + entry.length, 0) + leaves.length * 32;
      }
      for (const { beacon } of beacons.values()) bytes += beacon.length;
    }
    return { bytes, spaces: this.#spaces.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #find(space: SpaceId): Space | undefined {
    this.#checkOpen();
    return this.#spaces.get(spaceText(space));
  }

  #make(space: SpaceId): Space {
    const found = this.#find(space);
    if (found !== undefined) return found;
    const made: Space = { logs: new Map(), beacons: new Map() };
    this.#spaces.set(spaceText(space), made);
    return made;
  }

  #checkOpen(): void {
    if (this.#closed) throw new CairnError('closed', 'The storage is closed');
  }
}
