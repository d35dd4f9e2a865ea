import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { Measurement } from '../decision/rollout.ts';
import { MetricsError, type MetricsSource } from './prometheus.ts';
import { fill, type Subject } from './subject.ts';
import { type Check, combine, enough, measure, within } from './verdict.ts';

const AS_CANDIDATE = ',role="candidate"';
const DECIDED = `sum(${growth(INFERENCE_METRICS.decisions, AS_CANDIDATE)})`;
const ERRORS = `sum(${growth(INFERENCE_METRICS.scoringErrors, AS_CANDIDATE)})`;

type Analysis = NonNullable<ModelDeploymentSpec['analysis']>;

/** The candidate deciding its share of the records: enough of them, and every query of the user within its limits. */
export function measureCanary(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
  minimumSamples: number,
): Promise<Measurement> {
  return measure(async () => {
    const decided = await one(source, analysis.prometheus, fill(DECIDED, subject));
    const failed = await one(source, analysis.prometheus, fill(ERRORS, subject));
    const samples = (decided || 0) + (failed || 0);
    const checks = await userQueries(source, subject, analysis);
    return combine([enough(samples, minimumSamples), ...checks], samples);
  });
}

/** A stable version in service: every query of the user within its limits. */
export function measureSoak(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
): Promise<Measurement> {
  return measure(async () => combine(await userQueries(source, subject, analysis), undefined));
}

async function userQueries(source: MetricsSource, subject: Subject, analysis: Analysis): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, query, min, max } of analysis.queries) {
    const limits = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    try {
      checks.push(within(name, await one(source, analysis.prometheus, fill(query, subject)), limits));
    } catch (error) {
      // A query that Prometheus can't read has no value.
      if (!(error instanceof MetricsError) || error.kind === 'unreachable') throw error;
      checks.push({ verdict: 'inconclusive', message: `${name}: ${error.message}` });
    }
  }
  return checks;
}

/** The only value; undefined where there is none or more than one. */
async function one(source: MetricsSource, url: string, promql: string): Promise<number | undefined> {
  const samples = await source.query(url, promql);
  return samples.length === 1 ? samples[0]?.value : undefined;
}
