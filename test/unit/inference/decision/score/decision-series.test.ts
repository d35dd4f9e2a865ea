import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { INFERENCE_METRIC_DEFINITIONS } from '../../../../../services/inference/metrics.ts';
import { batchOf, decisionStack, streamRecord } from '../../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../../support/model/fake-model.ts';
import { EXAMPLE_INPUT } from '../../../../support/model/loan-model.ts';
import { propertyCases } from '../../../../support/property-cases.ts';

const { signal } = new AbortController();
const { decisions, groupDecisions, probability } = INFERENCE_METRIC_DEFINITIONS;

const applicant = fc.record({
  ApplicantIncome: fc.constantFrom(0, 2_500, 5_000, 7_500, 10_000),
  Gender: fc.constantFrom('Female', 'Male', null),
  Married: fc.constantFrom('No', 'Yes', null),
  Property_Area: fc.constantFrom('Rural', 'Semiurban', 'Urban', null),
});

test('a scrape shows what prom-client shows if it is told of each decision by itself', async () => {
  const batches = fc.array(fc.array(applicant, { minLength: 1, maxLength: 5 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(batches, async (given) => {
      const { processor, metricsRegistry } = decisionStack({ stable: new FakeModel() });
      const theirs = new Registry();
      const expected = plainMetrics(theirs);
      for (const applicants of given) {
        const records = applicants.map((input) => streamRecord({ input: { ...EXAMPLE_INPUT, ...input } }));
        const batch = batchOf(records);
        await processor.process(batch, signal);
        processor.published(batch);
        for (const input of applicants) expected.count(input);
        const names = [decisions.name, groupDecisions.name, probability.name];
        for (const name of names)
          expect(await linesOf(metricsRegistry, name)).toEqual(await linesOf(theirs, name));
      }
    }),
    { numRuns: propertyCases(50) },
  );
});

/** The metrics of FakeModel's decisions, counted one by one. */
function plainMetrics(metricsRegistry: Registry) {
  const labels = { model_version: '7', role: 'stable' };
  const registers = [metricsRegistry];
  const options = ({
    name,
    help,
    labels,
  }: typeof decisions | typeof groupDecisions | typeof probability) => ({
    name,
    help,
    labelNames: [...labels],
    registers,
  });
  const decided = new Counter(options(decisions));
  const grouped = new Counter(options(groupDecisions));
  const scored = new Histogram({ ...options(probability), buckets: [...probability.buckets] });
  return {
    count({ ApplicantIncome, ...groups }: Readonly<Record<string, string | number | null>>) {
      const score = Number(ApplicantIncome) / 10_000;
      const decision = String(score >= 0.5);
      decided.inc({ ...labels, decision });
      scored.observe(labels, score);
      for (const [group, value] of Object.entries(groups)) {
        grouped.inc({ model_version: '7', group, value: String(value ?? 'missing'), decision });
      }
    },
  };
}

/** Sorted, because the series may appear in another order. */
async function linesOf(metricsRegistry: Registry, name: string): Promise<string[]> {
  return (await metricsRegistry.getSingleMetricAsString(name)).split('\n').sort();
}
