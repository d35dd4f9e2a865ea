import { conditionOf } from '../../../operators/rollout/decision/condition-of.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import { REASON_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { reasonOf, requestValue, sayRequested } from '../request-text.ts';
import { presentStep } from '../view/step-marks.ts';
import { signCommands } from '../view/waits.ts';

export const approveCommand: MdepCommand = {
  name: 'approve',
  operands: '[NAME]',
  summary: 'Ends the pause after a canary step.',
  details: [
    'It approves the present step of the present version, and no other step. It may come before the step has passed.',
    'A version that waits for signed statements needs a key: the command says how to sign.',
  ],
  options: [REASON_OPTION],
  run: async (input, desk) => {
    const { deployments, signal, clock } = desk;
    const reason = reasonOf(input);
    let step = '';
    const { object, by } = await deployments.request(
      input.operands[0],
      (present) => {
        step = stepToApprove(present);
        return { approveStep: requestValue(step, reason, clock.now()) };
      },
      signal,
    );
    const [version, weight] = step.split(':');
    sayRequested(
      desk,
      object.metadata.name,
      by,
      `let version ${version} go on after its step at ${weight} %`,
    );
  },
};

/** `VERSION:WEIGHT`. @throws Refusal that says why nothing waits for an approval */
function stepToApprove(object: ModelDeployment): string {
  const { spec, status = {}, metadata } = object;
  const { phase = 'Waiting', candidate } = status;
  if (phase === 'AwaitingApproval' && conditionOf(status, 'Approved')?.status === 'True') {
    const held = conditionOf(status, 'Held');
    throw new Refusal(
      `version ${candidate?.version} has its signed statements: ${held?.message || 'it goes on by itself'}`,
    );
  }
  if (phase === 'AwaitingApproval') {
    const commands = signCommands(object)
      .map((command) => `\n  ${command}`)
      .join('');
    throw new Refusal(
      `version ${candidate?.version} waits for signed statements, and an annotation proves nothing:${commands}`,
    );
  }
  if (phase !== 'Canary' || candidate === undefined)
    throw new Refusal(
      `${metadata.name} is in phase ${phase}, and only a step of phase Canary can be approved`,
    );
  const step = presentStep(spec, status);
  if (step === undefined)
    throw new Refusal(`version ${candidate.version} is being loaded; wait until its first step has begun`);
  if (step.pause === undefined)
    throw new Refusal(
      `the step at ${step.weightPercent} % has no pause in spec.canary, so it needs no approval`,
    );
  return `${candidate.version}:${step.weightPercent}`;
}
