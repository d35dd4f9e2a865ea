import type { Scraped } from './series-store.ts';
import { unquoted } from './tokens.ts';

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"),?/gy;

/** The values of a `/metrics` page whose names begin with one of `prefixes`. */
export function parseExposition(text: string, prefixes: readonly string[]): Scraped[] {
  return text.split('\n').flatMap((line) => {
    if (!prefixes.some((prefix) => line.startsWith(prefix))) return [];
    const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
    if (name === '') return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', quoted = '""']) => [
      label,
      unquoted(quoted),
    ]);
    return [{ name, labels: Object.fromEntries(pairs), value: numberOf(value) }];
  });
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
