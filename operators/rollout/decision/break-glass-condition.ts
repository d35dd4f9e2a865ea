import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { printable } from '../../../services/shared/printable.ts';
import { isRollbackNew, PIN_REASON_LENGTH, pinnedVersion, rollbackTarget } from './break-glass.ts';
import { conditionOf } from './condition-of.ts';
import type { Finding } from './conditions.ts';
import type { Rollout } from './rollout.ts';

/**
 * Whether a person overrules the alias. `before`: the rollout before this decision, which tells whether the annotation was
 * new. Undefined if the condition stays as it is, or was never needed.
 */
export function breakGlassFinding(before: Rollout, { spec, status }: Rollout): Finding | undefined {
  const type = 'BreakGlass';
  const { pin } = spec;
  if (pin !== undefined) {
    if (pinnedVersion(before) === undefined) {
      const message = `spec.pin names version ${pin.version} with ${pin.digest}, but ${served(before)}; correct spec.pin, or remove it, because it begins to hold once that version has served here`;
      return { type, status: 'False', reason: 'PinImpossible', message };
    }
    const why = pin.reason === undefined ? '' : ` (${printable(pin.reason, PIN_REASON_LENGTH)})`;
    const message = `spec.pin holds version ${pin.version}${why}, and the alias is ignored; remove spec.pin to follow the alias again${unheardBeside(before, status)}`;
    return { type, status: 'True', reason: 'Pinned', message };
  }
  if (isRollbackNew(before) && rollbackTarget(before) === undefined) {
    const message = `the annotation rollback is "${printable(before.rollback ?? '')}", but ${served(before)}; set it to previous or to one of these versions`;
    return { type, status: 'False', reason: 'RollbackImpossible', message };
  }
  if (status.failed?.reason === 'BreakGlass') {
    const { version, message: why } = status.failed;
    const message = `version ${version} was left, and the alias does not bring it back: ${why}`;
    return { type, status: 'True', reason: 'LeftByBreakGlass', message };
  }
  const last = conditionOf(status, type);
  // The annotation was acted upon, so only this condition still tells that it had no effect.
  const unheard = last?.reason === 'RollbackImpossible' && before.rollback === status.requests?.rollback;
  if (last === undefined || unheard) return undefined;
  return { type, status: 'False', reason: 'AsExpected', message: '' };
}

/** What became of the annotation rollback. It is used up, and only this condition tells that it had no effect. */
function unheardBeside(before: Rollout, status: ModelDeploymentStatus): string {
  const { rollback } = before;
  if (!rollback) return '';
  const text = `; the annotation rollback "${printable(rollback)}" has no effect while spec.pin stands, so name that version in spec.pin`;
  const last = conditionOf(status, 'BreakGlass');
  const isTold = last?.reason === 'Pinned' && last.message.includes(text);
  return isTold || isRollbackNew(before) ? text : '';
}

/** The versions that have served here, for a person who named another. */
function served({ status }: Rollout): string {
  const { stable, history = [] } = status;
  const known = new Map<string, string>();
  for (const version of [stable, ...history]) {
    if (version?.digest)
      known.set(`${version.version} ${version.digest}`, `${version.version} (${version.digest})`);
  }
  if (known.size === 0) return 'no version has served here';
  return `only these versions have served here: ${[...known.values()].join(', ')}`;
}
