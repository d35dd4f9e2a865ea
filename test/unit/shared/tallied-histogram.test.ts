import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { TalliedHistogram } from '../../../services/shared/tallied-histogram.ts';

test("exports what prom-client's histogram exports for the same observations", async () => {
  const edges = [0.1, 0.15, 0.3, 0.7];
  const options = { name: 'probability', help: 'help', labelNames: ['role' as const] };
  const values = fc.array(fc.constantFrom(0, 0.05, 0.1, 0.10000000149011612, 0.15, 0.5, 0.7, 0.71, 1));
  await fc.assert(
    fc.asyncProperty(fc.array(values, { minLength: 1 }), async (batches) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const tallied = new TalliedHistogram({ ...options, edges, metricsRegistry: ours });
      const plain = new Histogram({ ...options, buckets: edges, registers: [theirs] });
      for (const batch of batches) {
        const counts = new Uint32Array(edges.length + 1);
        for (const value of batch) {
          const bucket = tallied.bucketOf(value);
          counts[bucket] = (counts[bucket] ?? 0) + 1;
          plain.observe({ role: 'stable' }, value);
        }
        tallied.add(
          { role: 'stable' },
          { counts, sum: batch.reduce<number>((sum, value) => sum + value, 0) },
        );
      }
      const lines = async (registry: Registry) => seriesOf(await registry.metrics());
      if (batches.every((batch) => batch.length === 0)) return;
      const [actual, expected] = [await lines(ours), await lines(theirs)];
      expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [series, value] of expected) expect(actual.get(series)).toBeCloseTo(value, 6);
    }),
  );
});

/** Series, with its labels in order, to value. */
function seriesOf(exposition: string): Map<string, number> {
  const lines = exposition.split('\n').filter((line) => line.startsWith('probability'));
  return new Map(
    lines.map((line) => {
      const [series = '', value] = line.split(' ');
      return [series.split(/[{},]/).sort().join(), Number(value)];
    }),
  );
}
