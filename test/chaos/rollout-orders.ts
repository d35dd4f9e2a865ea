import fc from 'fast-check';
import { afterStableVersion, fromFirstVersion } from '../support/rollout-world/outcome.ts';

/** Plays random orders of disturbances of a rollout. @returns what the orders broke, with the seed that repeats it */
export async function playRolloutOrders(count: number, seed: number): Promise<readonly string[]> {
  const violations: string[] = [];
  for (const property of [afterStableVersion, fromFirstVersion]) {
    const details = await fc.check(property, { seed, numRuns: count });
    const report = await fc.asyncDefaultReportMessage(details);
    if (report !== undefined) violations.push(`${report}\n${String(details.errorInstance)}`);
  }
  return violations;
}
