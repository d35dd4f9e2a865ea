import { QueryError } from './expression.ts';

/** A part of a pattern: which characters it takes, and how many of them. */
interface Part {
  readonly takes: (character: string) => boolean;
  readonly least: number;
  readonly most: number;
}

const QUANTIFIERS: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, Number.POSITIVE_INFINITY],
  '+': [1, Number.POSITIVE_INFINITY],
  '?': [0, 1],
};
const NOT_KNOWN = '()^$';

/**
 * A test for a label by a regular expression: alternatives of characters, `.`, classes such as `[a-z0-9]`, and the
 * quantifiers `*`, `+`, `?` and `{n}`. Its time is at most the square of the length, whatever the text is.
 * @throws QueryError for another expression
 */
export function labelPattern(source: string): (text: string) => boolean {
  const alternatives = split(source).map(partsOf);
  return (text) => alternatives.some((parts) => matches(parts, [...text]));
}

/** The alternatives. A `|` behind a backslash or in a class parts none. */
function split(source: string): string[] {
  const alternatives = [''];
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? '';
    if (character === '[') inClass = true;
    if (character === ']') inClass = false;
    if (character === '|' && !inClass) alternatives.push('');
    else
      alternatives[alternatives.length - 1] +=
        character === '\\' ? character + (source[++at] ?? '') : character;
  }
  return alternatives;
}

function partsOf(source: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < source.length; ) {
    const { takes, next } = characterAt(source, at);
    const { bounds, after } = quantifierAt(source, next);
    parts.push({ takes, least: bounds[0], most: bounds[1] });
    at = after;
  }
  return parts;
}

function characterAt(source: string, at: number): { takes: Part['takes']; next: number } {
  const character = source[at] ?? '';
  if (NOT_KNOWN.includes(character)) throw new QueryError(`${character} in ${source} is not known here`);
  if (character === '.') return { takes: () => true, next: at + 1 };
  if (character === '\\') {
    const escaped = source[at + 1] ?? '';
    return { takes: (other) => other === escaped, next: at + 2 };
  }
  if (character !== '[') return { takes: (other) => other === character, next: at + 1 };
  const end = source.indexOf(']', at);
  if (end < 0) throw new QueryError(`${source} has a class without an end`);
  return { takes: classOf(source.slice(at + 1, end)), next: end + 1 };
}

function classOf(source: string): Part['takes'] {
  const negated = source.startsWith('^');
  const members = negated ? source.slice(1) : source;
  const holds = (character: string) => {
    for (let at = 0; at < members.length; at++) {
      const first = members[at] ?? '';
      const isRange = members[at + 1] === '-' && at + 2 < members.length;
      const last = isRange ? (members[at + 2] ?? '') : first;
      if (isRange) at += 2;
      if (first <= character && character <= last) return true;
    }
    return false;
  };
  return (character) => holds(character) !== negated;
}

function quantifierAt(source: string, at: number): { bounds: readonly [number, number]; after: number } {
  const known = QUANTIFIERS[source[at] ?? ''];
  if (known !== undefined) return { bounds: known, after: at + 1 };
  if (source[at] !== '{') return { bounds: [1, 1], after: at };
  const end = source.indexOf('}', at);
  const count = Number(source.slice(at + 1, end));
  if (end < 0 || !Number.isInteger(count))
    throw new QueryError(`${source} has a quantifier that is not known here`);
  return { bounds: [count, count], after: end + 1 };
}

/** Follows all ways at once: a set of the places up to which the parts so far may reach. */
function matches(parts: readonly Part[], text: readonly string[]): boolean {
  let places = new Set([0]);
  for (const { takes, least, most } of parts) {
    const next = new Set<number>();
    for (const place of places) {
      for (let count = 0; count <= most; count++) {
        if (count >= least) next.add(place + count);
        if (place + count >= text.length || !takes(text[place + count] ?? '')) break;
      }
    }
    places = next;
  }
  return places.has(text.length);
}
