import { REASON_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { presentPause, reasonOf, requestValue, sayRequested } from '../request-text.ts';

export const pauseCommand: MdepCommand = {
  name: 'pause',
  operands: '[NAME]',
  summary: 'Holds the rollout where it is, until `resume`.',
  details: [
    'No weight rises and no phase begins. Measurements go on, and a failure still rolls back.',
    'A rollout that begins later waits too. There is one pause: it replaces that of somebody else, and says so.',
  ],
  options: [REASON_OPTION],
  run: async (input, desk) => {
    const { deployments, signal, clock } = desk;
    const reason = reasonOf(input);
    const pause = (by: string) => reason ?? requestValue('paused by', by, clock.now());
    const { object, by } = await deployments.request(
      input.operands[0],
      (_object, user) => ({ pause: pause(user) }),
      signal,
    );
    const before = presentPause(object);
    const replaced = before === undefined ? '' : `, instead of the pause ${before}`;
    sayRequested(desk, object.metadata.name, by, `hold the rollout${replaced}`);
  },
};
