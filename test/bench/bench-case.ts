import type { BenchRow, RowName } from './bench-table.ts';
import { leastOfRounds } from './least-of-rounds.ts';
import { THIS_TREE, type Tree } from './tree.ts';

/** What to compare, how often, and which rows. */
export interface BenchRun {
  /** Tree of the revision that `--before` names. */
  readonly before?: Tree;
  /** @default as the benchmark says */
  readonly rounds?: number;
  /** Texts that a row must contain. @default every row is measured */
  readonly only?: readonly string[];
}

/** A row of the table that is measured once a round. */
export interface BenchCase {
  readonly group: string;
  readonly what: string;
  readonly unit: string;
  /** False for peers, which no revision of this repository changes. @default true */
  readonly changes?: boolean;
  /** The cost in this round. The least cost of all rounds counts. */
  measure(tree: Tree): Promise<number>;
  /** The value in the table. @default the cost */
  value?(cost: number): number;
}

/** Measures the cases, with the tree before too. All take turns, so that a slower machine slows all of them. */
export async function measureCases(
  cases: readonly BenchCase[],
  run: BenchRun,
  defaultRounds?: number,
): Promise<BenchRow[]> {
  const wanted = cases.filter((benchCase) => isWanted(benchCase, run));
  const trials = wanted.flatMap((benchCase) => [
    { benchCase, tree: THIS_TREE },
    ...(run.before === undefined || benchCase.changes === false ? [] : [{ benchCase, tree: run.before }]),
  ]);
  const measured = await leastOfRounds(
    trials,
    ({ benchCase, tree }) => benchCase.measure(tree),
    run.rounds ?? defaultRounds,
  );
  return wanted.map((benchCase) => {
    const costOf = (wantedTree: Tree | undefined) =>
      measured.find(([trial]) => trial.benchCase === benchCase && trial.tree === wantedTree)?.[1];
    const before = costOf(run.before);
    const { group, what, unit } = benchCase;
    const toValue = (cost: number) => benchCase.value?.(cost) ?? cost;
    return {
      group,
      what,
      unit,
      value: toValue(costOf(THIS_TREE) ?? Number.NaN),
      ...(before === undefined ? {} : { before: toValue(before) }),
    };
  });
}

export function isWanted({ group, what }: RowName, { only = [] }: Pick<BenchRun, 'only'>): boolean {
  return only.every((text) => group.includes(text) || what.includes(text));
}
