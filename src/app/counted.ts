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

/** "14:03" of today, else with the day. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`;
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

/** True if a day kept as midnight UTC is before the day that it is here now. */
export function isPast(at: number, now: number): boolean {
  return at < dayHere(now);
}

/** The day that it is here, as midnight UTC in milliseconds. */
export function dayHere(now: number): number {
  const here = new Date(now);
  return Date.UTC(here.getFullYear(), here.getMonth(), here.getDate());
}
