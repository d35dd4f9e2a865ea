import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { conditionOf } from '../decision/condition-of.ts';
import { hasBakeTimeQueries, queriesOfOneVersion } from '../decision/queries.ts';
import type { Measurement, Rollout } from '../decision/rollout.ts';
import { isInBakeTime } from '../decision/stable-pods.ts';
import { withCredentials } from './allowed-metrics.ts';
import { measureCanary, measureSoak } from './live.ts';
import type { MetricsSource } from './prometheus.ts';
import type { PodNames } from './seen-pods.ts';
import { measureShadow } from './shadow.ts';
import type { Subject } from './subject.ts';

/**
 * Time over which a held rollout is measured. A rollout may be held for days, and a version that fails then must not hide
 * behind its good days. Only a failure counts in a hold, so no number of records is needed.
 */
const HELD_WINDOW_SECONDS = 900;

/** Seconds since a stored time. */
type Elapsed = Rollout['elapsed'];

/** Whether the present phase measures a version, and the last measurement is old enough. */
export function isMeasurementDue({ spec, status = {} }: ModelDeployment, elapsed: Elapsed): boolean {
  const { analysis, shadow, canary } = spec;
  if (analysis === undefined || !measures()) return false;
  const last = status.analysis?.measuredAt;
  // A time that cannot be read must not end the measurements.
  return last === undefined || !(elapsed(last) < analysis.intervalSeconds);

  function measures(): boolean {
    const { phase, stable, candidate } = status;
    switch (phase) {
      case 'Shadowing':
        return shadow !== undefined && candidate !== undefined;
      case 'Canary':
        return canary !== undefined && candidate !== undefined && candidate.weightPercent !== 0;
      case 'Promoting':
        // A first version has all keys only when it is stable. Before that no pod decides with it.
        return stable !== undefined && candidate?.weightPercent === 100 && hasQueries();
      case 'AwaitingApproval':
        return isInBakeTime(status) && hasQueries();
      case 'Soaking':
        return stable !== undefined && hasQueries();
      default:
        return false;
    }
  }

  function hasQueries(): boolean {
    return hasBakeTimeQueries(spec);
  }
}

/** The version that the present phase measures, and the begin of the step. A candidate that waits is in no pod. */
export function measuredVersion({ phase, stable, candidate }: ModelDeploymentStatus) {
  return phase === 'Soaking' || phase === 'AwaitingApproval' ? stable : candidate;
}

/** Since when the pods of the target count for the queries of the present phase. */
export function evidenceSince({ spec, status = {} }: ModelDeployment): string | undefined {
  const since = measuredVersion(status)?.since;
  const ofRollout = spec.analysis?.queries.some(({ scope }) => scope === 'rollout') ?? false;
  return ofRollout && status.phase !== 'Soaking' ? (status.candidate?.canary?.since ?? since) : since;
}

/**
 * Measures the version of the present phase. `pods` are the target's own pods since the step began, undefined if they are
 * not known.
 */
export async function takeMeasurement(
  source: MetricsSource,
  object: ModelDeployment,
  pods: PodNames | undefined,
  elapsed: Elapsed,
): Promise<Measurement | undefined> {
  const { spec, status = {} } = object;
  const { analysis, shadow, canary } = spec;
  const measured = measuredVersion(status);
  if (analysis === undefined || measured === undefined) return undefined;
  const metrics = withCredentials(source, analysis.credentials);
  const subject = subjectOf(object, measured, pods, elapsed);
  if (status.phase === 'Shadowing') {
    return shadow && measureShadow(metrics, analysis.prometheus, subject, shadow);
  }
  if (status.phase !== 'Canary') return measureSoak(metrics, subject, analysis);
  const weight = status.candidate?.weightPercent ?? 0;
  const step = canary?.steps.findLast(({ weightPercent }) => weightPercent <= weight) ?? canary?.steps[0];
  // At 100 % the stable version decides nothing that the candidate could be compared with.
  const asked = weight < 100 ? analysis : { ...analysis, queries: [...queriesOfOneVersion(analysis)] };
  return measureCanary(metrics, subject, asked, step?.minimumSamples ?? 1);
}

function subjectOf(
  { metadata, spec, status }: ModelDeployment,
  { version, since }: { readonly version: string; readonly since: string },
  pods: PodNames | undefined,
  elapsed: Elapsed,
): Subject {
  const firstStep = status?.phase === 'Soaking' ? undefined : status?.candidate?.canary?.since;
  const isHeld = conditionOf(status ?? {}, 'Held')?.status === 'True';
  const window = (from: string) =>
    Math.min(elapsed(from), isHeld ? HELD_WINDOW_SECONDS : Number.POSITIVE_INFINITY);
  return {
    namespace: metadata.namespace ?? '',
    deployment: spec.target.deployment,
    pods: pods?.names,
    podsMayLack: pods?.complete === false,
    matchers: spec.analysis?.matchers,
    version,
    stable: status?.stable?.version ?? '',
    windowSeconds: window(since),
    rolloutSeconds: firstStep === undefined ? undefined : window(firstStep),
  };
}
