/** A browser's caches and locks as far as the app asks for them, in memory. */
export class MemoryCaches {
  readonly #caches = new Map<string, Map<string, string>>();
  /** The names of the locks that tabs hold. */
  readonly held: string[] = [];

  readonly locks = {
    query: async () => ({ held: this.held.map((name) => ({ name })) }),
  };

  async keys(): Promise<string[]> {
    return [...this.#caches.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.#caches.delete(name);
  }

  async open(name: string) {
    const cache = this.#caches.get(name) ?? new Map<string, string>();
    this.#caches.set(name, cache);
    const pathOf = (request: string | Request): string =>
      new URL(typeof request === 'string' ? request : request.url, 'https://app.test').pathname;
    return {
      match: async (request: string | Request) => {
        const text = cache.get(pathOf(request));
        return text === undefined ? undefined : new Response(text);
      },
      put: async (request: string | Request, response: Response) =>
        void cache.set(pathOf(request), await response.text()),
      delete: async (request: string | Request) => cache.delete(pathOf(request)),
      keys: async () => [...cache.keys()].map((path) => new Request(new URL(path, 'https://app.test'))),
    };
  }
}
