import { deriveEpochKeys, type EpochKeys } from '../crypto/epoch.ts';
import { CairnError } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** The keys that entries are sealed under, derived once an epoch from the epoch keys that are here (KEY-8). */
export class EntryKeys {
  readonly #store: Pick<Store, 'keyring' | 'space'>;
  readonly #derived = new Map<number, Promise<EpochKeys>>();

  constructor(store: Pick<Store, 'keyring' | 'space'>) {
    this.#store = store;
  }

  /** How many epochs have their key here: it changes when a key arrives. */
  get count(): number {
    return this.#store.keyring.epochs.size;
  }

  has(epoch: number): boolean {
    return this.#store.keyring.epochs.has(epoch);
  }

  /** @throws cannot-open if the epoch's key is not here */
  async entry(epoch: number): Promise<CryptoKey> {
    const known = this.#derived.get(epoch);
    if (known !== undefined) return (await known).entry;
    const key = this.#store.keyring.epochs.get(epoch);
    if (key === undefined)
      throw new CairnError('cannot-open', `The key of epoch ${epoch} is not here`, { epoch });
    const derived = deriveEpochKeys(key, this.#store.space, epoch);
    this.#derived.set(epoch, derived);
    return (await derived).entry;
  }
}
