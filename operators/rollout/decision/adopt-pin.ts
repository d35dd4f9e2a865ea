import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { type Facts, type Pin, type Rollout, timestamp } from './rollout.ts';
import { withFloor } from './used-statements.ts';

/**
 * The first status of a ModelDeployment whose target already serves a pinned version, because the object was deleted and
 * made anew. That version becomes stable, and its bake time begins, so queries judge it. Any other version has to pass
 * every gate, also a version that the object before had refused. While the Deployment replaces pods, two versions may
 * serve. The status then stays as it is. Undefined if there is nothing to adopt.
 */
export function adoptPin({ status, now }: Rollout, facts: Facts): ModelDeploymentStatus | undefined {
  const { target } = facts;
  if (status.phase !== undefined || target.kind !== 'found' || target.pin === undefined) return undefined;
  const serves = target.availableReplicas > 0 || target.wantedReplicas === 0;
  if (!serves || !isWhole(target.pin)) return undefined;
  if (target.mixed && target.stuck === undefined && !target.paused) return status;
  const pin = target.mixed ? servingPin(target.pin, facts) : target.pin;
  if (pin === undefined) return status;
  const { version, digest } = pin;
  const since = timestamp(now);
  const stable = { version, digest, runId: '', since };
  return { ...status, phase: 'Soaking', stable };
}

/**
 * The first status of a ModelDeployment whose target has a pin. An object before this one set it, and knew which statements
 * and which approval of a step were used up. So no older one counts, also if `spec.approval` comes later.
 */
export function withoutOlderApprovals(
  { status, now, approveStep }: Rollout,
  { target }: Facts,
  first: ModelDeploymentStatus,
): ModelDeploymentStatus {
  const isFirst = status.phase === undefined && first.phase !== undefined;
  if (!isFirst || target.kind !== 'found' || target.pin === undefined) return first;
  const requests = approveStep === undefined ? first.requests : { ...first.requests, approveStep };
  return { ...first, requests, usedStatements: withFloor(first.usedStatements, timestamp(now)) };
}

/**
 * The pin to adopt while pods with another template are left for long. If no ready pod has the Deployment's pin, the other
 * pods serve, and the Deployment must get their pin back. Undefined if the pods are not known.
 */
function servingPin(pin: Pin, { servingPins }: Facts): Pin | undefined {
  if (servingPins === undefined) return undefined;
  const pins = servingPins.filter(isWhole);
  const has = pins.some(({ version, digest }) => version === pin.version && digest === pin.digest);
  return has ? pin : (pins[0] ?? pin);
}

function isWhole({ version, digest }: Pin): boolean {
  return version !== '' && digest !== '';
}
