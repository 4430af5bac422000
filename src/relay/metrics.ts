/** Counters for operators, in the text format of Prometheus. Nothing in them names a space, a device or an address. */
import type { Usage } from './storage.ts';

export class Metrics {
  readonly #requests = new Map<string, number>();
  appendedEntries = 0;
  appendedMembers = 0;
  receivedBytes = 0;
  sentBytes = 0;

  countRequest(route: string, status: number): void {
    const labels = `route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
  }

  /** Usage is null while the store gives none. */
  text(now: { readonly streams: number; readonly usage: Usage | null; readonly ready: boolean }): string {
    const lines: string[] = [];
    const add = (
      name: string,
      type: 'counter' | 'gauge',
      help: string,
      values: readonly [string, number][],
    ): void => {
      lines.push(`# HELP cairn_${name} ${help}`, `# TYPE cairn_${name} ${type}`);
      for (const [labels, value] of values) lines.push(`cairn_${name}${labels && `{${labels}}`} ${value}`);
    };
    add('requests_total', 'counter', 'Requests answered, by route and status.', [...this.#requests]);
    add('appended_entries_total', 'counter', 'Entries appended to device logs.', [
      ['', this.appendedEntries],
    ]);
    add('appended_membership_entries_total', 'counter', 'Entries appended to membership logs.', [
      ['', this.appendedMembers],
    ]);
    add('received_bytes_total', 'counter', 'Bytes of request bodies read.', [['', this.receivedBytes]]);
    add('sent_bytes_total', 'counter', 'Bytes of answers of the API, event streams left out.', [
      ['', this.sentBytes],
    ]);
    add('event_streams', 'gauge', 'Event streams open.', [['', now.streams]]);
    add('ready', 'gauge', '1 while requests are served.', [['', now.ready ? 1 : 0]]);
    if (now.usage !== null) {
      add('storage_bytes', 'gauge', 'Bytes that the store takes.', [['', now.usage.bytes]]);
      add('spaces', 'gauge', 'Spaces stored.', [['', now.usage.spaces]]);
    }
    return `${lines.join('\n')}\n`;
  }
}
