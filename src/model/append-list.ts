/**
 * A list that only grows, as a value: appending gives a new list and leaves the old one as it is, and lists that
 * grow out of each other share one array. Reading is as fast as an array; appending to the newest is O(1), to an
 * older one O(n).
 */
export class AppendList<T> {
  readonly size: number;
  /** Shared; only items below `size` are ours, and those never change. */
  readonly #items: T[];

  private constructor(items: T[], size: number) {
    this.#items = items;
    this.size = size;
  }

  static of<T>(...items: readonly T[]): AppendList<T> {
    return new AppendList([...items], items.length);
  }

  /** The item at an index from 0; undefined outside the list. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.size ? this.#items[index] : undefined;
  }

  append(item: T): AppendList<T> {
    const items = this.#items.length === this.size ? this.#items : this.#items.slice(0, this.size);
    items.push(item);
    return new AppendList(items, items.length);
  }

  toArray(): T[] {
    return this.#items.slice(0, this.size);
  }
}
