const QUOTED_CHARACTERS = 64;

/** A value as a message shows it: escaped, cut, and never walked into, as it may be nested without end. */
export function quoteValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= QUOTED_CHARACTERS
      ? JSON.stringify(value)
      : `${JSON.stringify(value.slice(0, QUOTED_CHARACTERS))}…`;
  }
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
