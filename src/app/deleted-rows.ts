/** The rows deleted on this device, newest first; `deleted` keeps them and brings them back, and is loaded after the rows are shown. */
import { signal } from '@preact/signals';

export interface Deleted {
  readonly table: 'lists' | 'items';
  readonly id: string;
  readonly title: string;
  readonly at: number;
}

export const deleted = signal<readonly Deleted[]>([]);
