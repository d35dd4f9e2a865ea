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
    'Without --version it is the last version that passed its bake time.',
  ],
  options: [{ name: 'version', value: 'VERSION', help: 'a version that served' }, REASON_OPTION],
  run: async (input, desk) => {
    const { deployments, signal, clock } = desk;
    const reason = reasonOf(input);
    let goal = '';
    const { object, by } = await deployments.request(
      input.operands[0],
      (present) => {
        goal = goalOf(present, input.text('version'));
        return { rollback: requestValue(goal, reason, clock.now()) };
      },
      signal,
    );
    const what = goal === 'previous' ? 'the previous version' : `version ${goal}`;
    sayRequested(desk, object.metadata.name, by, `go back to ${what} at once`);
  },
};

function goalOf({ metadata, status = {} }: ModelDeployment, wanted: string | undefined): string {
  const { stable, candidate, history = [] } = status;
  const served = [
    ...new Set([...(stable ? [stable.version] : []), ...history.map(({ version }) => version)]),
  ];
  if (wanted !== undefined && served.includes(wanted)) return wanted;
  if (wanted !== undefined)
    throw new Refusal(
      `version ${wanted} of ${metadata.name} never served; versions that did: ${served.join(', ') || 'none'}`,
    );
  if (candidate !== undefined || history.length > 0) return 'previous';
  throw new Refusal(`${metadata.name} has no earlier version to go back to`);
}
