import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type { Measurement } from '../decision/rollout.ts';
import type { Inquiry } from './inquiry.ts';
import { measure } from './measure.ts';
import type { MetricsSource, Sample } from './prometheus.ts';
import type { Subject } from './subject.ts';
import { type Check, combine, enoughSamples, fromPart, wholeRecords, within } from './verdict.ts';

const AS_CANDIDATE = ',role="candidate"';
const DECIDED = `sum(${growth(INFERENCE_METRICS.decisions, ['role', 'decision'])})`;
const DECIDED_AS_CANDIDATE = `sum(${growth(INFERENCE_METRICS.decisions, ['decision'], AS_CANDIDATE)})`;
const ERRORS_AS_CANDIDATE = `sum(${growth(INFERENCE_METRICS.scoringErrors, [], AS_CANDIDATE)})`;

type Analysis = NonNullable<ModelDeploymentSpec['analysis']>;

/** Measures a candidate in canary: enough records, and every query of the spec within its limits. */
export function measureCanary(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
  minimumSamples: number,
): Promise<Measurement> {
  return measure(source, analysis.prometheus, subject, async (inquiry) => {
    const counting = [DECIDED_AS_CANDIDATE, ERRORS_AS_CANDIDATE].map((query) => count(inquiry, query));
    const [counts, checks] = await Promise.all([Promise.all(counting), checkQueries(inquiry, analysis)]);
    const samples = counts.reduce((sum, { records }) => sum + records, 0);
    return combine(
      [enoughSamples(samples, minimumSamples), ...counts.flatMap(({ gaps }) => gaps), ...checks],
      samples,
    );
  });
}

/**
 * Measures a version that decides all keys, in Promoting and in its bake time: every query of the spec within its
 * limits. The samples are the records that the version decided. No number of them is needed.
 */
export function measureSoak(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
): Promise<Measurement> {
  return measure(source, analysis.prometheus, subject, async (inquiry) => {
    const [decided, checks] = await Promise.all([count(inquiry, DECIDED), checkQueries(inquiry, analysis)]);
    return combine([...decided.gaps, ...checks], decided.records);
  });
}

function checkQueries(inquiry: Inquiry, { queries }: Analysis): Promise<Check[]> {
  const checks = queries.map(({ name, query, min, max }) => {
    const limits = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    return inquiry.check(name, async () => {
      const { samples, warning } = await inquiry.ask(query);
      return fromPart(checkOf(name, samples, limits), warning);
    });
  });
  return Promise.all(checks);
}

function checkOf(name: string, samples: readonly Sample[], limits: { min?: number; max?: number }): Check {
  if (samples.length <= 1) return within(name, samples[0]?.value, limits);
  const message = `${name} has ${samples.length} values; it must have one, for example by sum()`;
  return { verdict: 'inconclusive', message };
}

/** Counts records. `gaps` say why there may be more of them. */
async function count(inquiry: Inquiry, query: string): Promise<{ records: number; gaps: Check[] }> {
  let records = 0;
  const check = await inquiry.check('the number of records', async () => {
    const { samples, warning } = await inquiry.ask(query);
    records = wholeRecords(samples.length === 1 ? samples[0]?.value : undefined);
    return fromPart({ verdict: 'passed', message: `${records} records` }, warning);
  });
  return { records, gaps: check.verdict === 'passed' ? [] : [check] };
}
