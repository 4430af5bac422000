/**
 * The names of members and devices, opened from the membership log with the epoch keys that are here. A name whose key is
 * missing is not known: null, until the key arrives.
 */
import { deriveNameKey } from '../crypto/epoch.ts';
import { isError } from '../errors.ts';
import type { Bytes } from '../format/bytes.ts';
import { type Names, openNames } from '../format/names.ts';
import type { DeviceNumber } from '../format/stamp.ts';
import type { MembershipState } from '../model/membership-state.ts';

export class DeviceNames {
  /** Names by device; null for sealed names that no key opens. */
  readonly #known = new Map<DeviceNumber, Names | null>();
  readonly #keys = new Map<number, Promise<CryptoKey>>();

  of(device: DeviceNumber): Names | null {
    return this.#known.get(device) ?? null;
  }

  /** Opens what can be opened and is not yet. True if that changed a name. */
  async open(membership: MembershipState, epochs: ReadonlyMap<number, Bytes>): Promise<boolean> {
    let changed = false;
    for (const { number, sign, names, namesEpoch } of membership.devices.values()) {
      if (this.#known.has(number)) continue;
      const epochKey = epochs.get(namesEpoch);
      if (epochKey === undefined) continue;
      try {
        this.#known.set(number, await openNames(await this.#nameKey(epochKey, namesEpoch), sign, names));
        changed = true;
      } catch (thrown) {
        // Whoever wrote the entry sealed nonsense: the device goes without a name, and is not asked again.
        if (!isError(thrown, 'cannot-open') && !isError(thrown, 'malformed')) throw thrown;
        this.#known.set(number, null);
      }
    }
    return changed;
  }

  #nameKey(epochKey: Bytes, epoch: number): Promise<CryptoKey> {
    const known = this.#keys.get(epoch) ?? deriveNameKey(epochKey, epoch);
    this.#keys.set(epoch, known);
    return known;
  }
}
