import { printable } from '../../services/shared/printable.ts';

/** No text of a ModelDeployment is longer than the query of an analysis. */
const MAXIMUM_CHARACTERS = 4_000;

/** The object without control characters in any text, which could make a terminal show something else. */
export function printableObject<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return printable(value, MAXIMUM_CHARACTERS);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, cleaned(member)]));
}
