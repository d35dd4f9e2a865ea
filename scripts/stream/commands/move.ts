import { Refusal, UsageError } from '../../command-line/usage-error.ts';
import { YES_OPTION } from '../common-options.ts';
import { lookToChange, viewOf } from '../look.ts';
import { makeChanges } from '../make-changes.ts';
import { planMove } from '../position-change.ts';
import { positionFacts } from '../position-facts.ts';
import { POSITION_FORMS, parsePosition } from '../position-option.ts';
import type { StreamCommand } from '../stream-command.ts';

export const moveCommand: StreamCommand = {
  name: 'move',
  operands: '[shard]',
  summary: 'Moves the position of a shard, or of all shards that are not done.',
  details: [
    'A sequence number counts as done: reading goes on after it. With a sub-sequence number, reading goes',
    'on inside the aggregate. LATEST is the present time of Kinesis, to the second.',
    'Records between an older position and the present one are decided again, under the same decision_id.',
  ],
  options: [
    { name: 'to', value: 'POSITION', help: POSITION_FORMS },
    { name: 'all', help: 'every shard that is not done' },
    YES_OPTION,
  ],
  run: async (input, desk) => {
    const [operand] = input.operands;
    assertWhich(operand, input.flag('all'));
    const position = parsePosition('--to', required(input.text('to')));
    if (position.kind === 'record' && operand === undefined)
      throw new UsageError(
        '--to with a sequence number needs a shard: a sequence number belongs to one shard',
      );
    const look = await lookToChange(desk);
    const views =
      operand === undefined
        ? look.views.filter(({ lease, shard }) => shard && lease && lease.checkpoint.kind !== 'shard_end')
        : [viewOf(look, operand)];
    if (views.length === 0)
      throw new Refusal(
        'no shard can be moved: each is done, has no lease or left the stream. `stream list` shows them',
      );
    const changes = [];
    for (const view of views) {
      const facts = await positionFacts(desk, look, view.shardId, position);
      changes.push(planMove(view, position, facts));
    }
    await makeChanges(desk, changes, input.flag('yes'));
  },
};

/** @throws UsageError unless one shard or all shards are meant */
function assertWhich(operand: string | undefined, isAll: boolean): void {
  if (operand !== undefined && isAll)
    throw new UsageError(`move takes one shard or --all, not both: give ${operand} or --all`);
  if (operand === undefined && !isAll) throw new UsageError('move needs a shard, or --all');
}

function required(to: string | undefined): string {
  if (to === undefined) throw new UsageError(`move needs --to POSITION: ${POSITION_FORMS}`);
  return to;
}
