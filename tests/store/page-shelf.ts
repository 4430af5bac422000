import type { Bytes } from '../../src/format/bytes.ts';
import type { PageName } from '../../src/format/page-name.ts';
import type { PageSink, PageSource } from '../../src/store/page-source.ts';

/** Pages in memory. It counts what is asked of it, and refuses to be given what it has. */
export class PageShelf implements PageSource, PageSink {
  readonly pages = new Map<PageName, Bytes>();
  readonly put: (name: PageName, bytes: Bytes) => void | Promise<void>;
  read: PageName[] = [];
  written: PageName[] = [];
  calls = 0;

  constructor(beforePut: () => void | Promise<void> = () => undefined) {
    this.put = async (name, bytes) => {
      await beforePut();
      this.pages.set(name, bytes);
      this.written.push(name);
    };
  }

  async get(names: readonly PageName[]): Promise<readonly Bytes[]> {
    this.calls += 1;
    this.read.push(...names);
    return names.map((name) => {
      const bytes = this.pages.get(name);
      if (bytes === undefined) throw new Error(`There is no page ${name}`);
      return bytes;
    });
  }

  forget(): void {
    this.read = [];
    this.written = [];
    this.calls = 0;
  }
}
