import { INFERENCE_METRICS } from '../../../services/shared/agreements/metric-names.ts';
import type { AnalysisQuery } from '../../../services/shared/model-deployment/analysis-query.ts';
import { growth } from '../../../services/shared/model-deployment/growth.ts';
import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import { queriesOfOneVersion } from '../decision/queries.ts';
import type { Measurement } from '../decision/rollout.ts';
import { comparison } from './comparison.ts';
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
    const [counts, checks] = await Promise.all([
      Promise.all(counting),
      checkQueries(inquiry, analysis.queries),
    ]);
    const samples = counts.reduce((sum, { records }) => sum + records, 0);
    return combine(
      [enoughSamples(samples, minimumSamples), ...counts.flatMap(({ gaps }) => gaps), ...checks],
      samples,
    );
  });
}

/**
 * Measures a version that decides all keys, in Promoting and in its bake time: every query of the spec within its
 * limits, apart from comparisons. The samples are the records that the version decided. No number of them is needed.
 */
export function measureSoak(
  source: MetricsSource,
  subject: Subject,
  analysis: Analysis,
): Promise<Measurement> {
  return measure(source, analysis.prometheus, subject, async (inquiry) => {
    const checking = checkQueries(inquiry, queriesOfOneVersion(analysis));
    const [decided, checks] = await Promise.all([count(inquiry, DECIDED), checking]);
    return combine([...decided.gaps, ...checks], decided.records);
  });
}

function checkQueries(inquiry: Inquiry, queries: readonly AnalysisQuery[]): Promise<Check[]> {
  return Promise.all(
    queries.map(async (query) => {
      const check = await inquiry.check(query.name, () => checkQuery(inquiry, query));
      // A query without an answer is told too, so that the status shows every query.
      return { of: { name: query.name, ...limitsOf(query) }, ...check };
    }),
  );
}

function limitsOf({ min, max }: AnalysisQuery): { min?: number; max?: number } {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

async function checkQuery(inquiry: Inquiry, asked: AnalysisQuery): Promise<Check> {
  const { name, query, stableQuery, scope } = asked;
  const limits = limitsOf(asked);
  const { windowSeconds, rolloutSeconds = windowSeconds, ...rest } = inquiry.subject;
  const subject = { ...rest, windowSeconds: scope === 'rollout' ? rolloutSeconds : windowSeconds };
  const asking = inquiry.ask(query, subject);
  if (stableQuery === undefined) {
    const { samples, warning } = await asking;
    return fromPart(checkOf(name, samples, limits), warning);
  }
  const [own, other] = await Promise.all([
    asking,
    inquiry.ask(stableQuery, { ...subject, version: subject.stable }),
  ]);
  return fromPart(comparison(name, own.samples, other.samples, limits), own.warning ?? other.warning);
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
