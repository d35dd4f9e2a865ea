import { YES_OPTION } from '../common-options.ts';
import { lookToChange, viewOf } from '../look.ts';
import { makeChanges } from '../make-changes.ts';
import { planEnd } from '../position-change.ts';
import type { StreamCommand } from '../stream-command.ts';

export const endCommand: StreamCommand = {
  name: 'end',
  operands: '<shard>',
  summary: 'Counts a closed shard as done although records of it may be undone. Its children are read next.',
  details: ['What is not done is skipped, and the command says from when on. An open shard is refused.'],
  options: [YES_OPTION],
  run: async (input, desk) => {
    const look = await lookToChange(desk);
    const view = viewOf(look, input.operands[0] as string);
    await makeChanges(desk, [planEnd(view, look.views, desk.clock.now())], input.flag('yes'));
  },
};
