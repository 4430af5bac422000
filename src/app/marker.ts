/**
 * The markers of spaces that were used in this browser, which outlive the eviction of all that scripts stored
 * (STORE-22). What keeps them is in `marker-keeping`.
 */
const marker = /(?:^|; )cairn-space-([\w-]{43})=/g;

/** The ids of the spaces that cookies say were here. */
export function markedSpaces(cookies: string): string[] {
  return [...cookies.matchAll(marker)].map(([, id = '']) => id);
}
