import type { StoredSigner } from '../crypto/ed25519.ts';
import type { StoredWrapKey } from '../crypto/hpke.ts';
import { CairnError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import type { Database } from './database.ts';

/**
 * The keys a device holds for one space (DESIGN §6), in the database of the space, so that they are there or lost together.
 *
 * 1. Written with strict durability; `save` settles when that has completed, and nothing that rests on a key may
 *    leave the device before (STORE-17).
 * 2. One `save` is one transaction: keys that belong together are all there or none.
 * 3. Device keys are key pairs whose private half script can't read. An invitation's secret is dropped after use.
 */
export interface Keys {
  readonly device: DeviceKeys | null;
  /** The member's identity: one secret that gives its signing and its wrapping key. `null` once its phrase is confirmed. */
  readonly identity: Bytes | null;
  /** The one-time secret of the invitation being joined with. */
  readonly invitation: Bytes | null;
  /** Raw epoch keys by number. */
  readonly epochs: ReadonlyMap<number, Bytes>;
}

export interface DeviceKeys {
  readonly signer: StoredSigner;
  readonly wrap: StoredWrapKey;
}

/** What to change: a key that is absent stays, `null` drops it, epochs are added. */
export interface KeyChanges {
  readonly device?: DeviceKeys;
  readonly identity?: Bytes | null;
  readonly invitation?: Bytes | null;
  readonly epochs?: ReadonlyMap<number, Bytes>;
}

export class Keyring implements Keys {
  device: DeviceKeys | null = null;
  identity: Bytes | null = null;
  invitation: Bytes | null = null;
  epochs: ReadonlyMap<number, Bytes> = new Map();
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async load(database: Database): Promise<Keyring> {
    const keyring = new Keyring(database);
    await keyring.reload();
    return keyring;
  }

  /** Reads again what may have been saved from another tab. */
  async reload(): Promise<void> {
    const [names, values] = await this.#database.read(['keys'], (transaction) => {
      const store = transaction.objectStore('keys');
      return Promise.all([store.getAllKeys(), store.getAll()]);
    });
    const found = new Map(names.map((name, index) => [name, values[index]]));
    const epochs = new Map<number, Bytes>();
    for (const [name, value] of found) {
      if (name.startsWith(epochPrefix))
        epochs.set(Number(name.slice(epochPrefix.length)), secretOf(name, value));
    }
    this.device = deviceOf(found.get('device'));
    this.identity = secretOrNull(found, 'identity');
    this.invitation = secretOrNull(found, 'invitation');
    this.epochs = epochs;
  }

  async save(changes: KeyChanges): Promise<void> {
    await this.#database.write(['keys'], 'strict', async (transaction) => {
      const store = transaction.objectStore('keys');
      const requests: Promise<unknown>[] = [];
      if (changes.device) requests.push(store.put(changes.device, 'device'));
      for (const name of ['identity', 'invitation'] as const) {
        const secret = changes[name];
        if (secret === null) requests.push(store.delete(name));
        else if (secret) requests.push(store.put(secret, name));
      }
      for (const [epoch, key] of changes.epochs ?? [])
        requests.push(store.put(key, `${epochPrefix}${epoch}`));
      await Promise.all(requests);
    });
    if (changes.device) this.device = changes.device;
    if (changes.identity !== undefined) this.identity = changes.identity;
    if (changes.invitation !== undefined) this.invitation = changes.invitation;
    if (changes.epochs) this.epochs = new Map([...this.epochs, ...changes.epochs]);
  }
}

const epochPrefix = 'epoch ';

function secretOf(name: string, value: unknown): Bytes {
  // Stored from a `Bytes`; the structured clone gives back the same kind.
  if (value instanceof Uint8Array && value.length === 32) return value as Bytes;
  throw new CairnError('storage-corrupt', `The key "${name}" is damaged`, { key: name });
}

function secretOrNull(found: ReadonlyMap<string, unknown>, name: string): Bytes | null {
  const value = found.get(name);
  return value === undefined ? null : secretOf(name, value);
}

function deviceOf(value: unknown): DeviceKeys | null {
  if (value === undefined) return null;
  if (typeof value === 'object' && value !== null && 'signer' in value && 'wrap' in value) {
    // The browser keeps key pairs opaque; that they are there is all that can be checked.
    return value as DeviceKeys;
  }
  throw new CairnError('storage-corrupt', 'The key "device" is damaged', { key: 'device' });
}
