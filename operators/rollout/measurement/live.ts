import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { Measurement } from '../decision/rollout.ts';
import { MetricsError, type MetricsSource } from './prometheus.ts';
import { fill, type Subject } from './subject.ts';
import { type Check, combine, enoughSamples, measure, within } from './verdict.ts';

const AS_CANDIDATE = ',role="candidate"';
const DECIDED = `sum(${growth(INFERENCE_METRICS.decisions, AS_CANDIDATE)})`;
const ERRORS = `sum(${growth(INFERENCE_METRICS.scoringErrors, AS_CANDIDATE)})`;

type Analysis = NonNullable<ModelDeploymentSpec['analysis']>;

/** Measures a candidate in canary: enough records, and every query of the spec within its limits. */
export function measureCanary(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
  minimumSamples: number,
): Promise<Measurement> {
  return measure(async () => {
    const decided = await singleValue(source, analysis.prometheus, fill(DECIDED, subject));
    const failed = await singleValue(source, analysis.prometheus, fill(ERRORS, subject));
    const samples = (decided || 0) + (failed || 0);
    const checks = await checkQueries(source, subject, analysis);
    return combine([enoughSamples(samples, minimumSamples), ...checks], samples);
  });
}

/** Measures a stable version in its bake time: every query of the spec within its limits. */
export function measureSoak(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
): Promise<Measurement> {
  return measure(async () => combine(await checkQueries(source, subject, analysis), undefined));
}

async function checkQueries(source: MetricsSource, subject: Subject, analysis: Analysis): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, query, min, max } of analysis.queries) {
    const limits = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    try {
      checks.push(within(name, await singleValue(source, analysis.prometheus, fill(query, subject)), limits));
    } catch (error) {
      // A query that Prometheus refuses has no value.
      if (!(error instanceof MetricsError) || error.kind !== 'refused') throw error;
      checks.push({ verdict: 'inconclusive', message: `${name}: ${error.message}` });
    }
  }
  return checks;
}

/** The value of the query. Undefined if Prometheus gives no value, or more than one. */
async function singleValue(source: MetricsSource, url: string, promql: string): Promise<number | undefined> {
  const samples = await source.query(url, promql);
  return samples.length === 1 ? samples[0]?.value : undefined;
}
