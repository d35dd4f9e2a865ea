import { describe, test } from '@jest/globals';
import fc from 'fast-check';
import { afterStableVersion, fromFirstVersion } from '../../support/rollout-world/outcome.ts';

/** A fixed seed makes a run repeatable. `make chaos` plays other orders. */
const SEED = 156057003;

describe('under any order of disturbances, with a crash of the operator at any await', () => {
  test('there is one candidate, only verified versions are pinned, and the last alias decides the outcome', async () => {
    await fc.assert(afterStableVersion, { seed: SEED, numRuns: 1_000 });
  }, 240_000);

  test('a first version becomes stable, or is refused and pinned nowhere', async () => {
    await fc.assert(fromFirstVersion, { seed: SEED, numRuns: 300 });
  }, 240_000);
});
