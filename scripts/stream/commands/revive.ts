import { YES_OPTION } from '../common-options.ts';
import { lookToChange, viewOf } from '../look.ts';
import { makeChanges } from '../make-changes.ts';
import { planRevive } from '../position-change.ts';
import { positionFacts } from '../position-facts.ts';
import { POSITION_FORMS, parsePosition } from '../position-option.ts';
import type { StreamCommand } from '../stream-command.ts';

export const reviveCommand: StreamCommand = {
  name: 'revive',
  operands: '<shard>',
  summary: 'Has a shard read again that is done or held.',
  details: [
    'Use it for a shard that is open but ended, for a shard whose position is lost, or to decide the',
    'records of a closed shard again. Records that were decided get the same decision_id.',
  ],
  options: [{ name: 'to', value: 'POSITION', help: `${POSITION_FORMS} (default TRIM_HORIZON)` }, YES_OPTION],
  run: async (input, desk) => {
    const position = parsePosition('--to', input.text('to') ?? 'TRIM_HORIZON');
    const look = await lookToChange(desk);
    const view = viewOf(look, input.operands[0] as string);
    const facts = await positionFacts(desk, look, view.shardId, position);
    await makeChanges(desk, [planRevive(view, position, facts, look.views)], input.flag('yes'));
  },
};
