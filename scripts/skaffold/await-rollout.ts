import type { Clock } from '../../services/shared/clock.ts';
import type { Workload } from './deploy-note.ts';
import type { KubeObject } from './kube-object.ts';
import { type RolloutState, rolloutState } from './rollout-state.ts';

const POLL_MILLISECONDS = 1_000;
const REPORT_MILLISECONDS = 15_000;

/** All Deployments, StatefulSets, ReplicaSets and pods of a namespace. */
export type ListObjects = (namespace: string) => Promise<readonly KubeObject[]>;

export interface AwaitOptions {
  readonly clock: Clock;
  readonly say: (message: string) => void;
  readonly deadlineSeconds: number;
}

/**
 * Waits until the pods of all workloads are those of the applied manifests, and ready.
 * @throws Error that names each workload that is not, if the time is over, or if none of these can get ready by itself
 */
export async function awaitRollout(
  workloads: readonly Workload[],
  list: ListObjects,
  { clock, say, deadlineSeconds }: AwaitOptions,
): Promise<void> {
  const start = clock.monotonic();
  let nextReport = start + REPORT_MILLISECONDS;
  for (;;) {
    const open = await openRollouts(workloads, list);
    if (open.length === 0) return;
    const told = open.map(
      ({ workload, state }) => `${workload.kind.toLowerCase()}/${workload.name}: ${state.why}`,
    );
    const now = clock.monotonic();
    const waited = Math.round((now - start) / 1000);
    // On a fresh cluster a program may crash until what it needs is there. So all others must be done, or stuck too.
    const failed = open.every(({ state }) => state.kind === 'stuck');
    if (failed || waited >= deadlineSeconds)
      throw new Error([`not rolled out after ${waited} s:`, ...told].join('\n  '));
    if (now >= nextReport) {
      say([`waiting for the rollout, ${waited} of at most ${deadlineSeconds} s:`, ...told].join('\n  '));
      nextReport = now + REPORT_MILLISECONDS;
    }
    await clock.sleep(POLL_MILLISECONDS);
  }
}

interface OpenRollout {
  readonly workload: Workload;
  readonly state: Exclude<RolloutState, { kind: 'done' }>;
}

async function openRollouts(workloads: readonly Workload[], list: ListObjects): Promise<OpenRollout[]> {
  const namespaces = [...new Set(workloads.map(({ namespace }) => namespace))];
  const lists = new Map(
    await Promise.all(namespaces.map(async (namespace) => [namespace, await list(namespace)] as const)),
  );
  return workloads.flatMap((workload) => {
    const state = rolloutState(workload, lists.get(workload.namespace) ?? []);
    return state.kind === 'done' ? [] : [{ workload, state }];
  });
}
