import { CANARY_WAIT_MILLISECONDS } from '../../../services/shared/agreements/canary-wait.ts';
import { containerStatus, endsOf } from './container-ends.ts';
import type { Pod } from './objects.ts';

/**
 * True if the pod reads no record yet, because it waits for the canary first. The wait begins some time after the start of
 * the container. A container that ended before is no new one: it may end because of the canary.
 * @param now time of the API server, in milliseconds since the epoch
 */
export function waitsForCanary(pod: Pod, container: string, now: number): boolean {
  const status = containerStatus(pod, container);
  if (status === undefined || endsOf(status) > 0) return false;
  const age = now - Date.parse(status.state?.running?.startedAt ?? '');
  // A start in the future comes from a wrong clock of the node.
  return age >= 0 && age < CANARY_WAIT_MILLISECONDS;
}
