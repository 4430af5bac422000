/**
 * Makes a space on this device, with no network: keys, the first membership entry whose hash names the space, and the
 * store that holds both (DESIGN §5, §6).
 *
 * 1. The keys are durable before the entry is, and the page hears of the space after both (STORE-17).
 * 2. A crash before that leaves a database that no page ever named, and no space.
 */
import { deriveNameKey } from '../crypto/epoch.ts';
import { keyPairFromSecret } from '../crypto/keys.ts';
import { nonceLength } from '../crypto/lengths.ts';
import { spaceIdOf } from '../format/membership-entry.ts';
import { makeCreate } from '../format/membership-making.ts';
import { checkNames, sealNames } from '../format/names.ts';
import { makeStamp } from '../format/stamp.ts';
import type { Runtime } from '../runtime.ts';
import { openStore, type Store, type StoreOptions } from '../store/store.ts';

export interface SpaceNames {
  readonly memberName: string;
  readonly deviceName: string;
}

/** Bytes of every secret: of an identity, a device, an epoch. */
const secretLength = 32;

/** @throws storage-…; value-invalid for a name over 128 bytes */
export async function makeSpace(runtime: Runtime, names: SpaceNames, options: StoreOptions): Promise<Store> {
  const { memberName: member, deviceName } = names;
  checkNames({ member, device: deviceName });
  const identitySecret = runtime.randomBytes(secretLength);
  const epochKey = runtime.randomBytes(secretLength);
  const [identity, device, nameKey] = await Promise.all([
    keyPairFromSecret(identitySecret),
    keyPairFromSecret(runtime.randomBytes(secretLength)),
    deriveNameKey(epochKey, 1),
  ]);
  const sealedNames = await sealNames(
    nameKey,
    device.sign,
    { member, device: deviceName },
    runtime.randomBytes(nonceLength),
  );
  const entry = await makeCreate({
    identity,
    device,
    epochKey,
    names: sealedNames,
    stamp: makeStamp(runtime.now(), 0),
    randomBytes: (length) => runtime.randomBytes(length),
  });
  const store = await openStore(runtime, spaceIdOf(entry), options);
  try {
    await store.keyring.save({
      device: device.stored,
      identity: identitySecret,
      epochs: new Map([[1, epochKey]]),
    });
    await store.append(() => ({ kind: 'device', sign: device.sign, wrap: device.wrap }), 'strict');
    await store.append(() => ({ kind: 'members', from: 1, entries: [entry] }), 'strict');
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
  return store;
}
