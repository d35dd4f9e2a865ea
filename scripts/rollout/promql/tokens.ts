import { QueryError } from './expression.ts';

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'duration' | 'sign';
  readonly text: string;
}

const PATTERNS: readonly (readonly [Token['kind'] | 'blank', RegExp])[] = [
  ['blank', /\s+|#[^\n]*/y],
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_])/y],
  ['number', /\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y],
  ['word', /[A-Za-z_:][A-Za-z0-9_:]*/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y],
  ['sign', /[=!]~|[=!<>]=|[-+*/%(){}[\],<>=]/y],
];

/** @throws QueryError */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const found = PATTERNS.flatMap(([kind, pattern]) => {
      pattern.lastIndex = at;
      const text = pattern.exec(query)?.[0];
      return text === undefined ? [] : [{ kind, text }];
    })[0];
    if (found === undefined) throw new QueryError(`unexpected ${JSON.stringify(query.slice(at, at + 10))}`);
    at += found.text.length;
    if (found.kind !== 'blank') tokens.push({ kind: found.kind, text: found.text });
  }
  return tokens;
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Seconds of a duration such as `1m30s`. */
export function durationSeconds(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/gy)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? Number.NaN), 0);
}

/** The text within the quotes, with its escapes resolved. */
export function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  return inner.replaceAll(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
