import { REQUEST_ANNOTATIONS } from '../../../services/shared/agreements/request-annotations.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import type { MdepCommand } from '../desk.ts';
import { presentPause, sayRequested } from '../request-text.ts';

export const resumeCommand: MdepCommand = {
  name: 'resume',
  operands: '[NAME]',
  summary: 'Ends a pause.',
  details: ['It ends what `pause` began. A step that pauses until somebody approves needs `approve`.'],
  options: [],
  run: async (input, desk) => {
    const { deployments, signal } = desk;
    const { object, by } = await deployments.request(
      input.operands[0],
      ({ metadata }) => {
        if (metadata.annotations?.[REQUEST_ANNOTATIONS.pause] !== undefined) return { pause: undefined };
        throw new Refusal(
          `${metadata.name} is not paused; \`kubectl mdep status ${metadata.name}\` shows what it waits for`,
        );
      },
      signal,
    );
    sayRequested(desk, object.metadata.name, by, `end the pause ${presentPause(object)}`);
  },
};
