/**
 * Joins a space by its link (DESIGN §11). The page hears of the space as soon as everything that the join needs is durable: from then
 * on the space can be opened without the link, and the join goes on (JOIN-5, JOIN-6).
 */
import { spaceText } from '../format/bytes.ts';
import type { Runtime } from '../runtime.ts';
import type { Store, StoreOptions } from '../store/store.ts';
import { beginJoin, finishJoin } from '../sync/join.ts';
import type { JoinNames } from '../sync/joining.ts';

/** Resolves with the store when the join stands in the verified membership log. @throws what `beginJoin` and `finishJoin` throw */
export async function joinSpace(
  runtime: Runtime,
  { link, memberName, deviceName }: JoinNames & { readonly link: string },
  options: StoreOptions,
  onKept: (space: string) => void,
): Promise<Store> {
  const store = await beginJoin(runtime, link, { memberName, deviceName }, options);
  onKept(spaceText(store.space));
  try {
    await finishJoin({ runtime, store }, new AbortController().signal);
    return store;
  } catch (thrown) {
    // What was stored stays: the next attempt goes on with the same keys (JOIN-6).
    await store.close();
    throw thrown;
  }
}
