import { OUTPUT_OPTION } from '../common-options.ts';
import type { MdepCommand } from '../desk.ts';
import { historyLines } from '../draw/history-lines.ts';

export const historyCommand: MdepCommand = {
  name: 'history',
  operands: '[NAME]',
  summary: 'Lists the versions that served and the last transitions, with who caused each.',
  details: ['The status keeps 10 earlier versions and 30 transitions. The audit record has all of them.'],
  options: [OUTPUT_OPTION],
  run: async (input, desk) => {
    const { deployments, screen, style, clock, signal } = desk;
    const { status = {} } = await deployments.one(input.operands[0], signal);
    const { stable, history = [], refusals = [], transitions = [] } = status;
    if (input.text('output') === 'json')
      return screen.out(JSON.stringify({ stable, history, refusals, transitions }, null, 2));
    const canvas = { style, width: screen.width, now: clock.now() };
    screen.out(historyLines(status, canvas).join('\n'));
  },
};
