const ROUNDS = 5;

/**
 * The least cost of each case in `rounds` rounds. The least counts, because other work on the machine shares caches and cores
 * and so only adds to a cost. The cases take turns, so that a slower machine slows all of them.
 */
export async function leastOfRounds<Case>(
  cases: readonly Case[],
  measure: (benchCase: Case) => Promise<number>,
  rounds = ROUNDS,
): Promise<readonly (readonly [Case, number])[]> {
  const least = cases.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [index, benchCase] of cases.entries()) {
      least[index] = Math.min(least[index] as number, await measure(benchCase));
    }
  }
  return cases.map((benchCase, index) => [benchCase, least[index] as number]);
}
