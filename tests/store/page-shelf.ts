import type { Bytes } from '../../src/format/bytes.ts';
import type { PageName } from '../../src/format/page-name.ts';
import type { PageSink, PageSource } from '../../src/store/page-source.ts';

/** Pages in memory, which remembers what was asked of it. */
export class PageShelf implements PageSource, PageSink {
  readonly pages = new Map<PageName, Bytes>();
  beforePut: () => void | Promise<void> = () => undefined;
  read: PageName[] = [];
  written: PageName[] = [];
  /** How often it was read, of however many pages. */
  calls = 0;

  async put(name: PageName, bytes: Bytes): Promise<void> {
    await this.beforePut();
    this.pages.set(name, bytes);
    this.written.push(name);
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
