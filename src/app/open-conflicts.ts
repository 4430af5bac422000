/** The conflicts that still ask something of the person, newest first (`conflicts` finds them); the pill counts them. */
import { signal } from '@preact/signals';
import type { OpenConflict } from './conflicts.ts';

export const openConflicts = signal<readonly OpenConflict[]>([]);
