/** A date of JavaScript cannot be further from 1970. */
const MOST_MILLISECONDS = 8.64e15;

/** `2026-01-31T12:00:00Z`, with milliseconds if there are any. A person may have edited a lease, so any number is possible. */
export function isoTime(milliseconds: number): string {
  if (Math.abs(milliseconds) > MOST_MILLISECONDS) return `${milliseconds} ms`;
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

/** `2026-01-31 12:00:00`, UTC. */
export function shortTime(milliseconds: number): string {
  if (Math.abs(milliseconds) > MOST_MILLISECONDS) return `${milliseconds} ms`;
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}

/** A duration in one or two units: `4 s`, `3 min`, `2 h 5 min`, `3 d`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}

/** `a, b, c`. Of many names it gives the first ones and the number of the others. */
export function listed(names: readonly string[], most = 12): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** `1 record`, `2 records`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
