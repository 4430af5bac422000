/**
 * Whether what is kept in this browser outlives its window, as far as a browser lets a page know (APP-5). Chromium hides that a window is
 * private, so where nothing is known it is said in general.
 */
export type Keeping = 'unknown' | 'private' | 'inside-an-app' | 'nothing';

/** The part of the window that is asked. */
export interface Surroundings {
  readonly navigator: {
    readonly userAgent: string;
    readonly storage?: { getDirectory?(): Promise<unknown> };
  };
  readonly indexedDB?: { databases?(): Promise<unknown> };
}

export async function keepingHere({ navigator, indexedDB }: Surroundings = globalThis): Promise<Keeping> {
  if (indexedDB === undefined || (await nameOfRefusal(() => indexedDB.databases?.())) !== null)
    return 'nothing';
  // Private windows of Firefox and Safari refuse folders, and nothing else.
  const refusal = await nameOfRefusal(() => navigator.storage?.getDirectory?.());
  if (refusal === 'SecurityError' || refusal === 'UnknownError') return 'private';
  return isInsideAnApp(navigator.userAgent) ? 'inside-an-app' : 'unknown';
}

async function nameOfRefusal(ask: () => Promise<unknown> | undefined): Promise<string | null> {
  try {
    await ask();
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.name : 'unknown';
  }
}

/** The browser that a chat app brings along. */
function isInsideAnApp(userAgent: string): boolean {
  return /; wv\)|FBAN|FBAV|Instagram|\bLine\//.test(userAgent);
}
