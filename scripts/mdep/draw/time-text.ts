const DAY_MILLISECONDS = 86_400_000;

/** The time in UTC, with its date if it is more than a day from `now`. */
export function timeOfDay(time: string, now: number): string {
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds)) return time;
  const text = new Date(milliseconds).toISOString();
  if (Math.abs(now - milliseconds) < DAY_MILLISECONDS) return `${text.slice(11, 19)}Z`;
  return `${text.slice(0, 10)} ${text.slice(11, 16)}Z`;
}
