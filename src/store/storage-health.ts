/**
 * What the browser says of our storage: whether it may be evicted, how much is used and how much may be (STORE-23).
 * `null` stands for what is not known; a browser without the API is no error.
 */
export interface StorageHealth {
  readonly persisted: boolean | null;
  /** Bytes. */
  readonly usage: number | null;
  readonly quota: number | null;
}

/** The part of `navigator.storage` used here; each member may be missing in a browser. */
export interface StorageLike {
  estimate(): Promise<{ usage?: number; quota?: number }>;
  persisted?(): Promise<boolean>;
  persist?(): Promise<boolean>;
}

export async function storageHealth(storage: StorageLike | null): Promise<StorageHealth> {
  const [persisted, estimate] = await Promise.all([
    asked(async () => storage?.persisted?.()),
    asked(async () => storage?.estimate()),
  ]);
  return {
    persisted: persisted ?? null,
    usage: estimate?.usage ?? null,
    quota: estimate?.quota ?? null,
  };
}

/**
 * Asks for storage that is not evicted. To be called on a step of the person's own (a first write, a join): browsers may show a
 * question. Gives whether storage persists now, `null` if that can't be known.
 */
export async function askToPersist(storage: StorageLike | null): Promise<boolean | null> {
  if (await asked(async () => storage?.persisted?.())) return true;
  return (await asked(async () => storage?.persist?.())) ?? null;
}

/** An answer, or nothing where the browser refuses one: unknown is shown as unknown. */
async function asked<T>(question: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await question();
  } catch {
    return undefined;
  }
}
