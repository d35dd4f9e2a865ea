import { pinnedVersion, rollbackTarget } from '../../../operators/rollout/decision/break-glass.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { REASON_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { reasonOf, requestValue, sayRequested } from '../request-text.ts';

export const rollbackCommand: MdepCommand = {
  name: 'rollback',
  operands: '[NAME]',
  summary: 'Goes back to a version that served, at once and without MLflow.',
  details: [
    'It skips every gate, window and approval, and the record says so. The alias stays where it is.',
    'Without --version it is the stable version while a canary decides keys, and else the last good version before it.',
    'The version that is left stays refused. `spec.pin` holds a version for longer.',
  ],
  options: [{ name: 'version', value: 'VERSION', help: 'a version that served' }, REASON_OPTION],
  run: async (input, desk) => {
    const { deployments, signal, clock } = desk;
    const reason = reasonOf(input);
    const wanted = input.text('version') ?? 'previous';
    let version = '';
    const { object, by } = await deployments.request(
      input.operands[0],
      (present) => {
        version = goalOf(present, wanted);
        return { rollback: requestValue(wanted, reason, clock.now()) };
      },
      signal,
    );
    sayRequested(desk, object.metadata.name, by, `go back to version ${version} at once`);
  },
};

/** The version to which the operator would go back. */
function goalOf({ metadata, spec, status = {} }: ModelDeployment, wanted: string): string {
  const pinned = pinnedVersion({ spec, status });
  if (pinned !== undefined)
    throw new Refusal(
      `spec.pin of ${metadata.name} holds version ${pinned.version}, so a rollback has no effect; name another version in spec.pin, or remove it first`,
    );
  const target = rollbackTarget({ status, rollback: wanted });
  if (target !== undefined) return target.version;
  const { stable, history = [] } = status;
  const served = [...new Set([stable, ...history].flatMap((known) => known?.version ?? []))];
  if (wanted === 'previous')
    throw new Refusal(`${metadata.name} has no earlier version that passed its bake time`);
  throw new Refusal(
    `version ${wanted} of ${metadata.name} never served; versions that did: ${served.join(', ') || 'none'}`,
  );
}
