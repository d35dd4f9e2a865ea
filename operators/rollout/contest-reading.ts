import { PIN_VARIABLES } from '../../services/shared/agreements/environment-variables.ts';
import type { ModelDeploymentSpec } from '../../services/shared/model-deployment/spec.ts';
import type { Deployment } from './cluster/objects.ts';
import { lastPinManager } from './cluster/pin-owners.ts';
import type { Facts } from './decision/rollout.ts';
import type { PinContest } from './pin-contest.ts';

/** Who sets the pin of the target again and again. Undefined if nobody does. */
export function contestReading(
  { pauseSeconds, foreignVersion }: PinContest,
  { deployment: name, container }: ModelDeploymentSpec['target'],
  deployment: Deployment | undefined,
): Facts['contest'] {
  if (pauseSeconds === undefined) return undefined;
  const manager = (deployment && lastPinManager(deployment, container)) ?? 'another client';
  const contest = `${manager} sets the pin of Deployment ${name} again and again`;
  const pause = `so the operator sets it only every ${pauseSeconds} s`;
  const ignore = `let ${manager} ignore ${Object.values(PIN_VARIABLES).join(' and ')}`;
  return { message: `${contest}, ${pause}; ${ignore}`, version: foreignVersion };
}
