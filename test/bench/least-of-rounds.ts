const ROUNDS = 5;

/**
 * The least that each case cost in some rounds, as what else runs on the machine only adds to it, through caches and cores
 * that are shared. The cases take turns, so that a machine that slows down slows all.
 */
export async function leastOfRounds<Case>(
  cases: readonly Case[],
  measure: (one: Case) => Promise<number>,
): Promise<readonly (readonly [Case, number])[]> {
  const least = cases.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, one] of cases.entries()) {
      least[index] = Math.min(least[index] as number, await measure(one));
    }
  }
  return cases.map((one, index) => [one, least[index] as number]);
}
