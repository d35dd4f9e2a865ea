import type { Job, Pod, PodTemplate } from '../../operators/rollout/cluster/objects.ts';
import { VERIFICATION_EXIT_CODES } from '../../services/shared/agreements/verification.ts';
import { hasEnded } from './deployment-step.ts';
import { kubernetesTime } from './played-times.ts';

/** The fields of a Job that its controller reads. */
export interface PlayedJob extends Job {
  readonly spec?: {
    readonly template: PodTemplate;
    readonly backoffLimit?: number;
    readonly activeDeadlineSeconds?: number;
  };
  readonly status?: Job['status'] & { readonly startTime?: string };
}

/** What the Job controller does next. */
export interface JobStep {
  readonly create: boolean;
  /** Pods that run on although the Job has failed. */
  readonly remove: readonly Pod[];
  /** Undefined: as it is. */
  readonly status: object | undefined;
}

const NOTHING: JobStep = { create: false, remove: [], status: undefined };

/** Decides about a verification Job. Its failure policy tries again only after an end with the exit code for infrastructure. */
export function jobStep({ spec, status }: PlayedJob, pods: readonly Pod[], now: number): JobStep {
  if (status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed')) return NOTHING;
  if (status?.startTime === undefined) return { ...NOTHING, status: { startTime: kubernetesTime(now) } };
  const time = kubernetesTime(now);
  const running = pods.filter((pod) => !hasEnded(pod.status?.phase));
  if (pods.some((pod) => pod.status?.phase === 'Succeeded')) {
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) =>
      condition(type, 'CompletionsReached', '', time),
    );
    return { ...NOTHING, status: { succeeded: 1, completionTime: time, conditions } };
  }
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed');
  const fail = (reason: string, message: string): JobStep => ({
    create: false,
    remove: running,
    status: {
      failed: Math.max(1, failed.length),
      conditions: ['FailureTarget', 'Failed'].map((type) => condition(type, reason, message, time)),
    },
  });
  const refused = failed.map(exitCode).find((code) => code !== VERIFICATION_EXIT_CODES.infrastructure);
  if (refused !== undefined) return fail('PodFailurePolicy', `the container ended with exit code ${refused}`);
  const limit = spec?.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY;
  if (now - Date.parse(status.startTime) > limit * 1000)
    return fail('DeadlineExceeded', 'the Job was active longer than its deadline');
  if (failed.length > (spec?.backoffLimit ?? 6))
    return fail('BackoffLimitExceeded', 'the Job has reached its backoff limit');
  return { ...NOTHING, create: running.length === 0 };
}

function condition(type: string, reason: string, message: string, time: string) {
  return { type, status: 'True', reason, message, lastProbeTime: time, lastTransitionTime: time };
}

function exitCode({ status }: Pod): number {
  return status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 1;
}
