import { type Signer, signerFromStored } from '../crypto/ed25519.ts';
import { CairnError } from '../errors.ts';
import { RelayClient } from '../remote/relay-client.ts';
import type { Runtime } from '../runtime.ts';
import type { JournalRecord } from '../store/record.ts';
import type { Standing } from '../store/standing.ts';
import type { Store } from '../store/store.ts';
import { EntryKeys } from './entry-keys.ts';
import { HoldMemory } from './hold-memory.ts';
import { relaySource, type Source } from './source.ts';

/** What sync works with during one turn as leader. */
export interface SyncContext {
  readonly runtime: Runtime;
  readonly store: Store;
  readonly relay: RelayClient;
  readonly source: Source;
  /** This device's key. */
  readonly signer: Signer;
  readonly keys: EntryKeys;
  /** Version of the app's schema, and the lowest version that may read what this one writes (0: any). */
  readonly schemaVersion: number;
  readonly readableSince: number;
  /** The turn that this context belongs to. */
  readonly term: number;
  readonly holds: HoldMemory;
}

export interface SyncParts {
  readonly runtime: Runtime;
  readonly store: Store;
  /** Origin of the relay. */
  readonly relay: string;
  readonly schemaVersion: number;
  readonly readableSince: number;
  readonly term: number;
}

/** @throws storage-lost if the device's keys are not there */
export function openSync(parts: SyncParts): SyncContext {
  const { runtime, store, schemaVersion, readableSince, term } = parts;
  const { device } = store.keyring;
  if (device === null) throw new CairnError('storage-lost', 'The keys of this device are gone');
  const signer = signerFromStored(device.signer);
  const relay = new RelayClient(runtime, { url: parts.relay, space: store.space }, signer, async () => {
    // A tab that was frozen in the middle of a cycle knows nothing of its time: it looks before it sends.
    await store.refresh();
    checkTurn(store.standing, term);
  });
  return {
    runtime,
    store,
    relay,
    source: relaySource(relay),
    signer,
    keys: new EntryKeys(store),
    schemaVersion,
    readableSince,
    term,
    holds: new HoldMemory(),
  };
}

/**
 * Adds a record in the name of this turn: when another tab has taken the next term, `moved` is thrown and nothing is
 * written (STORE-19). `decide` may give null, and then nothing is written either.
 */
export function record(
  ctx: Pick<SyncContext, 'store' | 'term'>,
  decide: (standing: Standing) => JournalRecord | null,
  durability: 'strict' | 'relaxed' = 'relaxed',
): Promise<{ readonly position: number } | null> {
  return ctx.store.append((standing) => {
    checkTurn(standing, ctx.term);
    return decide(standing);
  }, durability);
}

/** @throws moved */
export function checkTurn(standing: Standing, term: number): void {
  if (standing.term === term) return;
  throw new CairnError('moved', `Another tab syncs now (term ${standing.term}, ours was ${term})`);
}
