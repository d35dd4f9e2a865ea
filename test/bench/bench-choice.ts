import { isWanted } from './bench-case.ts';
import type { BenchOptions } from './bench-options.ts';
import type { Benchmark } from './benchmark.ts';

interface BenchChoice {
  /** Names of the benchmarks to run, in the order of the table. */
  readonly names: readonly string[];
  /** Sentences about options that a benchmark cannot heed. */
  readonly notes: readonly string[];
}

/**
 * Chooses the benchmarks of a run before anything is measured, so that a typing error costs no time and no earlier report.
 * @throws Error if no row is left, or if a named benchmark cannot choose its rows
 */
export function chooseBenchmarks(
  { names: wanted, only, before }: Pick<BenchOptions, 'names' | 'only' | 'before'>,
  benchmarks: Readonly<Record<string, Benchmark>>,
): BenchChoice {
  const names = Object.keys(benchmarks).filter((name) => wanted.length === 0 || wanted.includes(name));
  const whole = names.filter((name) => benchmarks[name]?.rows === undefined);
  const beforeNotes =
    before === undefined ? [] : whole.map((name) => `${name} measures this tree alone: it ignores --before`);
  if (only.length === 0) return { names, notes: beforeNotes };
  if (wanted.length > 0 && whole.length > 0) {
    throw new Error(
      `${whole.join(', ')}: --only cannot choose rows here. Leave out --only, or name other benchmarks.`,
    );
  }
  const rowsOf = (name: string) => benchmarks[name]?.rows?.() ?? [];
  const matching = names.filter((name) => rowsOf(name).some((row) => isWanted(row, { only })));
  if (matching.length === 0) {
    const texts = only.map((text) => `"${text}"`).join(' and ');
    const groups = [...new Set(names.flatMap(rowsOf).map(({ group }) => group))];
    throw new Error(
      `no row contains ${texts}. Nothing was measured. The groups of rows are:\n  ${groups.join('\n  ')}`,
    );
  }
  return {
    names: matching,
    notes: whole.map((name) => `${name} is left out: --only cannot choose its rows`),
  };
}
