import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { TalliedHistogram } from '../../../services/shared/tallied-histogram.ts';
import { propertyCases } from '../../support/property-cases.ts';

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

const observation = fc.oneof(
  fc.constantFrom(0, 0.1, 0.15, 0.3, 0.7),
  fc.double({ min: -10, max: 1e6, noNaN: true }),
);
const EDGES = [0.1, 0.15, 0.3, 0.7];

test('kept series export the very text of prom-client for the same observations', async () => {
  const observed = fc.array(fc.tuple(fc.constantFrom('stable', 'candidate'), observation));
  await fc.assert(
    fc.asyncProperty(observed, async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const options = { name: 'seconds', help: 'help', labelNames: ['role' as const] };
      const tallied = new TalliedHistogram({ ...options, edges: EDGES, metricsRegistry: ours });
      const plain = new Histogram({ ...options, buckets: EDGES, registers: [theirs] });
      // A series that is only kept is not exported.
      tallied.series({ role: 'unused' });
      for (const [role, value] of observations) {
        tallied.series({ role }).observe(value);
        plain.observe({ role }, value);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
    { numRuns: propertyCases(200) },
  );
});

test('a histogram without labels exports the very text of prom-client, from the start', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const options = { name: 'seconds', help: 'help' };
      const tallied = new TalliedHistogram({
        ...options,
        labelNames: [],
        edges: EDGES,
        metricsRegistry: ours,
      });
      const plain = new Histogram({ ...options, buckets: EDGES, registers: [theirs] });
      for (const value of observations) {
        tallied.series({}).observe(value);
        plain.observe(value);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
    { numRuns: propertyCases(200) },
  );
});

test('refuses an observation that would spoil the sum, as prom-client does', () => {
  const metricsRegistry = new Registry();
  const tallied = new TalliedHistogram({
    name: 'a',
    help: 'b',
    labelNames: [],
    edges: EDGES,
    metricsRegistry,
  });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(() => tallied.series({}).observe(value)).toThrow(TypeError);
  }
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
