/**
 * Makes the platform slow: whatever it hashes, signs, seals, opens or inflates takes many turns of the event loop, in any of which an
 * idle transaction is over. In the place of seconds, of which a transaction knows nothing.
 */
import { turns } from './turns.ts';

export interface SlowPlatform {
  /** Operations that were begun so far. */
  readonly begun: number;
  end(): void;
}

const slowness = 12;

/** `wait`: what each operation waits for before it begins. */
export function slowDown(wait: () => Promise<void> = () => turns(slowness)): SlowPlatform {
  let begun = 0;
  const { crypto, DecompressionStream } = globalThis;
  const { subtle } = crypto;
  const slow = new Proxy(subtle, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...given: unknown[]): Promise<unknown> => {
        begun += 1;
        await wait();
        return value.apply(target, given);
      };
    },
  });
  const before = Object.getOwnPropertyDescriptor(crypto, 'subtle');
  Object.defineProperty(crypto, 'subtle', { value: slow, configurable: true });
  globalThis.DecompressionStream = class implements DecompressionStream {
    readonly writable: WritableStream<BufferSource>;
    readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;

    constructor(format: CompressionFormat) {
      begun += 1;
      const inner = new DecompressionStream(format);
      this.writable = inner.writable;
      this.readable = inner.readable.pipeThrough(
        new TransformStream({
          transform: async (chunk, controller) => {
            await wait();
            controller.enqueue(chunk);
          },
        }),
      );
    }
  };
  return {
    get begun() {
      return begun;
    },
    end() {
      globalThis.DecompressionStream = DecompressionStream;
      if (before) Object.defineProperty(crypto, 'subtle', before);
      else Reflect.deleteProperty(crypto, 'subtle');
    },
  };
}
