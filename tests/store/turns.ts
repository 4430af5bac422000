/** Turns of the event loop, in a browser as in Node: for what a test lets happen meanwhile, and for looking at a condition. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await turn();
}

/** How long a condition may take to hold, milliseconds: far beyond what anything here takes. */
const patienceMs = 10_000;

/** True as soon as the condition holds, false if it does not come to hold. */
export async function comes(holds: () => boolean): Promise<boolean> {
  const end = performance.now() + patienceMs;
  while (!holds()) {
    if (performance.now() > end) return false;
    await turn();
  }
  return true;
}
