/** Ages, sizes and date fields, for what stands beside the lists (`counted` has what the lists need). Unknown is said as unknown (APP-8). */

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

/** The value of a date field for a day kept as midnight UTC, and back; an empty or broken field is no day. */
export function dayField(at: number | null): string {
  return at === null ? '' : new Date(at).toISOString().slice(0, 10);
}

export function dayOf(field: string): number | null {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(field) ? Date.parse(`${field}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
