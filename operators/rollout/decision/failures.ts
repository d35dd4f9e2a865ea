import type { ModelDeploymentSpec } from '../../../services/shared/model-deployment/spec.ts';
import type {
  CandidateVersion,
  CheckResult,
  ModelDeploymentStatus,
} from '../../../services/shared/model-deployment/status.ts';
import type { Measurement } from './rollout.ts';

type Measured = Extract<Measurement, { kind: 'measured' }>;
type Query = NonNullable<ModelDeploymentSpec['analysis']>['queries'][number];

/** The failures of a phase or step after a measurement. */
export interface Failures {
  /** Failed measurements that count towards `analysis.failureLimit`. */
  readonly shared: number;
  /** The checks of the measurement, each with its failures so far. After them the earlier failures of other queries. */
  readonly checks: CheckResult[] | undefined;
  /** True if there are more of them than a limit tolerates. */
  readonly tooMany: boolean;
}

/**
 * Counts the failures after a measurement. A query with a limit of its own, or with the scope of the whole rollout, is
 * counted alone. All others share `analysis.failureLimit`.
 */
export function countFailures(
  { analysis }: Pick<ModelDeploymentSpec, 'analysis'>,
  status: ModelDeploymentStatus,
  measurement: Measured,
): Failures {
  const limit = analysis?.failureLimit ?? 0;
  // The shadow phase measures no query, but one of its checks may have the name of a query.
  const queries = status.phase === 'Shadowing' ? [] : (analysis?.queries ?? []);
  const alone = new Map(queries.filter(isCountedAlone).map((query) => [query.name, query]));
  const checks = withFailures(measurement.checks, status, queries);
  const failed = checks?.filter(({ verdict }) => verdict === 'failed');
  const isShared = failed === undefined || failed.some(({ name }) => !alone.has(name));
  const shared = (status.analysis?.failures ?? 0) + (measurement.verdict === 'failed' && isShared ? 1 : 0);
  const exceeded = checks?.some(({ name, failures = 0 }) => {
    const query = alone.get(name);
    return query !== undefined && failures > (query.failureLimit ?? limit);
  });
  return { shared, checks, tooMany: shared > limit || exceeded === true };
}

/** The candidate with what belongs to all canary steps, at the begin of the next of them. */
export function withCanary(
  { analysis }: Pick<ModelDeploymentSpec, 'analysis'>,
  status: ModelDeploymentStatus,
  since: string,
): CandidateVersion['canary'] {
  const names = new Set(analysis?.queries.filter(({ scope }) => scope === 'rollout').map(({ name }) => name));
  const known = new Map(status.candidate?.canary?.failures?.map(({ name, failures }) => [name, failures]));
  for (const { name, failures = 0 } of status.analysis?.checks ?? []) known.set(name, failures);
  const failures = [...known]
    .map(([name, failures]) => ({ name, failures }))
    .filter(({ name, failures }) => names.has(name) && failures > 0);
  const first = status.candidate?.canary?.since ?? since;
  return failures.length === 0 ? { since: first } : { since: first, failures };
}

function isCountedAlone({ failureLimit, scope }: Query): boolean {
  return failureLimit !== undefined || scope === 'rollout';
}

/** A query without an answer keeps its failures, also if the measurement does not tell of the query at all. */
function withFailures(
  checks: Measured['checks'],
  { analysis, candidate }: ModelDeploymentStatus,
  queries: readonly Query[],
): CheckResult[] | undefined {
  const inStep = new Map(analysis?.checks?.map(({ name, failures }) => [name, failures]));
  const before = new Map(candidate?.canary?.failures?.map(({ name, failures }) => [name, failures]));
  const told = checks?.map((check) => {
    const earlier = inStep.has(check.name) ? inStep.get(check.name) : before.get(check.name);
    const failures = (earlier ?? 0) + (check.verdict === 'failed' ? 1 : 0);
    return failures === 0 ? check : { ...check, failures };
  });
  const names = new Set(told?.map(({ name }) => name));
  const untold = queries.flatMap(({ name, min, max }): CheckResult[] => {
    const failures = inStep.get(name) ?? 0;
    if (names.has(name) || failures === 0) return [];
    const limits = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    return [{ name, ...limits, verdict: 'inconclusive', failures }];
  });
  return told === undefined && untold.length === 0 ? undefined : [...(told ?? []), ...untold];
}
