/** Numbers and times as people read them. Unknown is said as unknown, never as zero (APP-8). */

const digits = new Intl.NumberFormat('en');

/** "12,345" */
export function grouped(count: number): string {
  return digits.format(count);
}

/** "1 change", "3 changes" */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** "just now", "3 minutes ago", "in 2 days", "unknown". */
export function ago(at: number | null, now: number): string {
  if (at === null) return 'unknown';
  const away = at - now;
  for (const [unit, ms] of units) {
    if (Math.abs(away) >= ms) return relative.format(Math.trunc(away / ms), unit);
  }
  return away > 5_000 ? 'in a moment' : 'just now';
}

/** "14:03" of today, else with the day. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`;
}

/** "1.2 MB", "unknown" */
export function bytes(size: number | null): string {
  if (size === null) return 'unknown';
  let value = size;
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 1000 || unit === 'GB')
      return `${value < 10 && unit !== 'B' ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1000;
  }
  return 'unknown';
}

/** A day kept as midnight UTC: "21 Nov", with the year if it is another one than now. */
export function dayWords(at: number, now: number): string {
  const date = new Date(at);
  const sameYear = date.getUTCFullYear() === new Date(now).getUTCFullYear();
  return date.toLocaleDateString('en', {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** The value of a date field for a day kept as midnight UTC, and back; an empty or broken field is no day. */
export function dayField(at: number | null): string {
  return at === null ? '' : new Date(at).toISOString().slice(0, 10);
}

export function dayOf(field: string): number | null {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(field) ? Date.parse(`${field}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** True if a day kept as midnight UTC is before the day that it is here now. */
export function isPast(at: number, now: number): boolean {
  const here = new Date(now);
  return at < Date.UTC(here.getFullYear(), here.getMonth(), here.getDate());
}
