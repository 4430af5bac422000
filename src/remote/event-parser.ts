import { CairnError } from '../errors.ts';
import { limits } from '../limits.ts';

/**
 * Takes a stream of server-sent events apart (HTML Standard §9.2.6), as far as this API uses it: the `data` of each event;
 * comments are signs of life, names and ids say nothing here. Lines end with LF, CRLF or CR.
 *
 * Memory is bounded: an event of more than 4 KiB ends the stream. So does more in all than a relay has to tell before a token
 * ends: whoever only keeps us busy is left, and asked again later.
 */
export class EventParser {
  readonly #decoder = new TextDecoder();
  #text = '';
  #data: string[] = [];
  #dataLength = 0;
  #taken = 0;

  /** The data of the events that are complete with these bytes. @throws bad-answer */
  push(bytes: Uint8Array): string[] {
    this.#taken += bytes.length;
    if (this.#taken > longestStream) throw new CairnError('bad-answer', 'An event stream without end');
    this.#text += this.#decoder.decode(bytes, { stream: true });
    const events: string[] = [];
    for (let line = this.#nextLine(); line !== null; line = this.#nextLine()) {
      if (line !== '') this.#field(line);
      else if (this.#data.length > 0) events.push(this.#finish());
    }
    if (this.#text.length > longestEvent) throw tooLong();
    return events;
  }

  /** The next whole line, without its end; null if there is none yet. A CR at the very end may be half of a CRLF. */
  #nextLine(): string | null {
    const end = /\r\n|\n|\r(?!$)/.exec(this.#text);
    if (end === null) return null;
    const line = this.#text.slice(0, end.index);
    this.#text = this.#text.slice(end.index + end[0].length);
    return line;
  }

  #field(line: string): void {
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name !== 'data') return;
    // An empty one takes a place too.
    this.#dataLength += value.length + 1;
    if (this.#dataLength > longestEvent) throw tooLong();
    this.#data.push(value);
  }

  #finish(): string {
    const text = this.#data.join('\n');
    this.#data = [];
    this.#dataLength = 0;
    return text;
  }
}

const longestEvent = 4096;
const longestStream = limits.httpBodyBytes;
const tooLong = (): CairnError => new CairnError('bad-answer', 'An event longer than any of this API');
