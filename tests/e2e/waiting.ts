/** How long a condition may take that no network is needed for. */
export const shortMs = 20_000;
/** How long a device may take to bring its sync to an end, its longest back-off included. */
export const syncMs = 90_000;

const paceMs = 50;

/**
 * Looks again and again until what it sees fits, and gives it; throws with what was seen last. Works in hooks too, where
 * `expect.poll` does not.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  fits: (seen: T) => boolean,
  timeoutMs = shortMs,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (fits(seen)) return seen;
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(seen)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, paceMs));
  }
}
