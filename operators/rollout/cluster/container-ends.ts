import type { ContainerStatus, Pod } from './objects.ts';

/** Reasons that the kubelet gives if it lost a container, because the node restarted or was away. */
const LOST_REASONS = ['Unknown', 'ContainerStatusUnknown'];

export function containerStatus({ status }: Pod, name: string): ContainerStatus | undefined {
  return status?.containerStatuses?.find((container) => container.name === name);
}

/** How often the container ended so far. `restartCount` grows only when the container starts again. */
export function endsOf({ restartCount = 0, state, lastState }: ContainerStatus): number {
  const waitsForRestart =
    state?.terminated !== undefined || (state?.waiting !== undefined && lastState?.terminated !== undefined);
  return restartCount + (waitsForRestart ? 1 : 0);
}

/** The last end of the container, if Kubernetes still knows it. */
export function lastEnd({ state, lastState }: ContainerStatus) {
  return state?.terminated ?? lastState?.terminated;
}

/** True if the kubelet lost the container. Its exit code then says nothing. */
export function wasLost(status: ContainerStatus): boolean {
  return LOST_REASONS.includes(lastEnd(status)?.reason ?? '');
}

/**
 * True if the last end of the container was a crash. In a pod that is not deleted, an orderly end counts too: the process
 * gave up, or it did not answer its liveness probe.
 */
export function endedByCrash(status: ContainerStatus): boolean {
  return lastEnd(status) !== undefined && !wasLost(status);
}
