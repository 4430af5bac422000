/** How much memory a page's workers take at most, JavaScript's heap and array buffers, read through the debugging protocol. */

const everyMs = 100;

export class WorkerMemory {
  /** @type {import('playwright-core').CDPSession} */
  #session;
  /** @type {Set<string>} */
  #workers = new Set();
  #asked = 0;
  #peak = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {import('playwright-core').CDPSession} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {import('playwright-core').Page} page */
  static async watch(page) {
    const memory = new WorkerMemory(await page.context().newCDPSession(page));
    await memory.#start();
    return memory;
  }

  async #start() {
    this.#session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker') this.#workers.add(sessionId);
    });
    this.#session.on('Target.detachedFromTarget', ({ sessionId }) => this.#workers.delete(sessionId));
    this.#session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { usedSize = 0, backingStorageSize = 0 } = JSON.parse(message).result ?? {};
      this.#peak = Math.max(this.#peak, usedSize + backingStorageSize);
    });
    const attach = { autoAttach: true, waitForDebuggerOnStart: false, flatten: false };
    await this.#session.send('Target.setAutoAttach', attach);
    this.#timer = setInterval(() => this.#ask(), everyMs);
  }

  #ask() {
    for (const sessionId of this.#workers) {
      this.#asked += 1;
      const message = JSON.stringify({ id: this.#asked, method: 'Runtime.getHeapUsage' });
      // A worker may have ended meanwhile.
      this.#session.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => undefined);
    }
  }

  /** Stops looking; gives the greatest number of bytes of one worker. */
  async end() {
    clearInterval(this.#timer);
    await this.#session.detach();
    return this.#peak;
  }
}
