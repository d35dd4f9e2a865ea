import { isRestoring } from '../../../operators/rollout/decision/restoration.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { REASON_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { reasonOf, requestValue, sayRequested } from '../request-text.ts';

export const abortCommand: MdepCommand = {
  name: 'abort',
  operands: '[NAME]',
  summary: 'Gives the candidate up. The stable version serves, and the alias stays where it is.',
  details: [
    'The version then counts as refused: `retry` tries it again. To leave a version that serves, use `rollback`.',
  ],
  options: [REASON_OPTION],
  run: async (input, desk) => {
    const { deployments, signal, clock } = desk;
    const reason = reasonOf(input);
    let version = '';
    const { object, by } = await deployments.request(
      input.operands[0],
      (present) => {
        version = candidateOf(present);
        return { abort: requestValue(version, reason, clock.now()) };
      },
      signal,
    );
    sayRequested(desk, object.metadata.name, by, `give version ${version} up`);
  },
};

function candidateOf({ metadata, status = {} }: ModelDeployment): string {
  const { candidate, phase = 'Waiting' } = status;
  if (candidate !== undefined && !isRestoring(status)) return candidate.version;
  throw new Refusal(
    `${metadata.name} is in phase ${phase} and rolls no version out, so there is nothing to abort; \`kubectl mdep rollback\` leaves a version that serves`,
  );
}
