import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Counter, Registry } from 'prom-client';
import { TalliedCounter } from '../../../services/shared/tallied-counter.ts';
import { propertyCases } from '../../support/property-cases.ts';

const labels = fc.record({
  role: fc.constantFrom('stable', 'candidate'),
  decision: fc.constantFrom('a', 'b'),
});
const value = fc.oneof(fc.nat({ max: 1_000 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('kept', 'direct'), labels, value }),
  fc.constant({ kind: 'scrape' } as const),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test("exports at each scrape what prom-client's counter exports for the same increments", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step), async (steps: Step[]) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const options = { name: 'decisions_total', help: 'help', labelNames: ['role', 'decision'] as const };
      const tallied = new TalliedCounter({ ...options, registers: [ours] });
      const plain = new Counter({ ...options, registers: [theirs] });
      for (const next of [...steps, { kind: 'scrape' } as const]) {
        if (next.kind === 'scrape') {
          expect(await linesOf(ours)).toEqual(await linesOf(theirs));
          continue;
        }
        plain.inc(next.labels, next.value);
        if (next.kind === 'direct') tallied.inc(next.labels, next.value);
        else tallied.series(next.labels).inc(next.value);
      }
    }),
    { numRuns: propertyCases(200) },
  );
});

/** Sorted, because prom-client exports the series in the order in which they appeared. */
async function linesOf(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').sort();
}
