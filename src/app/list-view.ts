/** How a list's items are shown: in which order, and which of them. The order is remembered for each list on this device. */
import type { Query } from '../client/index.ts';
import type { Item } from './schema.ts';

export const sorts = {
  hand: 'By hand',
  due: 'By due date',
  priority: 'By priority',
  title: 'By title',
  newest: 'Newest first',
} as const;
export type Sort = keyof typeof sorts;

export const filters = {
  all: 'All',
  todo: 'To do',
  late: 'Late',
  high: 'High priority',
  done: 'Done',
} as const;
export type Filter = keyof typeof filters;

export interface ListView {
  readonly sort: Sort;
  readonly filter: Filter;
}

const orders = {
  hand: ['order'],
  due: [['due', 'asc', 'nulls-last'], 'order'],
  priority: [['priority', 'asc', 'nulls-last'], 'order'],
  title: ['title'],
  newest: [['id', 'desc']],
} as const satisfies Record<Sort, Query<Item>['orderBy']>;

/** The query of a view, done items last; `today`: the day that it is here, as midnight UTC in milliseconds. */
export function queryOf(list: string, { sort, filter }: ListView, today: number): Query<Item> {
  return { where: { list, ...fitting(filter, today) }, orderBy: ['done', ...orders[sort]] };
}

function fitting(filter: Filter, today: number): Query<Item>['where'] {
  switch (filter) {
    case 'all':
      return {};
    case 'todo':
      return { done: false };
    case 'late':
      return { done: false, due: { lt: today } };
    case 'high':
      return { priority: 1 };
    case 'done':
      return { done: true };
  }
}

const key = 'cairn.sorts';
const kept = 200;

export function sortOf(list: string): Sort {
  return read().find(([id]) => id === list)?.[1] ?? 'hand';
}

export function rememberSort(list: string, sort: Sort): void {
  const others = read().filter(([id]) => id !== list);
  try {
    localStorage.setItem(key, JSON.stringify([[list, sort], ...others].slice(0, kept)));
  } catch {
    // The order holds for this visit.
  }
}

/** Anything that does not look like it is left out. */
export function parseSorts(text: string | null): readonly (readonly [list: string, sort: Sort])[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter(isSort) : [];
  } catch {
    return [];
  }
}

function isSort(value: unknown): value is readonly [string, Sort] {
  return Array.isArray(value) && typeof value[0] === 'string' && Object.hasOwn(sorts, value[1]);
}

function read(): ReturnType<typeof parseSorts> {
  try {
    return parseSorts(localStorage.getItem(key));
  } catch {
    return [];
  }
}
