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
  fc.record({ kind: fc.constant('remove'), labels }),
  fc.constantFrom({ kind: 'scrape' } as const, { kind: 'reset' } as const),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test("exports at each scrape what prom-client's counter exports for the same increments, resets and removals", async () => {
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
        if (next.kind === 'reset') {
          for (const registry of [ours, theirs]) registry.resetMetrics();
          continue;
        }
        if (next.kind === 'remove') {
          for (const counter of [tallied, plain]) counter.remove(next.labels);
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

test('a value that no counter can grow by is refused at once, and changes nothing that is exported', async () => {
  const refused = fc.oneof(
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.double({ max: -Number.MIN_VALUE, noNaN: true }),
  );
  await fc.assert(
    fc.asyncProperty(refused, fc.option(fc.nat()), async (bad, good) => {
      const registry = new Registry();
      const options = { name: 'decisions_total', help: 'help', registers: [registry] };
      const series = new TalliedCounter<never>(options).series({});
      if (good !== null) series.inc(good);
      expect(() => series.inc(bad)).toThrow(TypeError);
      expect(await linesOf(registry)).toContain(`decisions_total ${good ?? 0}`);
    }),
    { numRuns: propertyCases(100) },
  );
});

/** Sorted, because prom-client exports the series in the order in which they appeared. */
async function linesOf(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').sort();
}
