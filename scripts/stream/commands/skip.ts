import { streamNameOf } from '../../../services/shared/stream-reference.ts';
import type { Checkpoint } from '../../../services/stream/checkpoint.ts';
import { confirm } from '../../command-line/confirm.ts';
import { Refusal, UsageError } from '../../command-line/usage-error.ts';
import { shortTime } from '../../command-line/words.ts';
import { YES_OPTION } from '../common-options.ts';
import type { Desk } from '../desk.ts';
import type { SeenLease } from '../group-leases.ts';
import { lookToChange, viewOf } from '../look.ts';
import { made } from '../make-changes.ts';
import { type NamedRecord, parseRecord } from '../position-option.ts';
import { RedrivePut } from '../redrive/redrive-put.ts';
import { shortShard } from '../shard-name.ts';
import { type NextRecord, nextRecord } from '../skip/next-record.ts';
import { assertNext } from '../skip/skip-plan.ts';
import { skippedLetter } from '../skip/skipped-letter.ts';
import type { StreamCommand } from '../stream-command.ts';

export const skipCommand: StreamCommand = {
  name: 'skip',
  operands: '<shard> <sequence[:sub]>',
  summary: 'Puts the next record of a shard on the dead-letter stream, and moves the position past it.',
  details: [
    'Use it for one record that stops its shard. The dead letter has the code `skipped` and the',
    'payload, so the record can be redriven later. A record that is not the next one is refused.',
    'A payload above 737,280 bytes needs ON_FAILURE, as the service has it. Without it the payload is cut.',
  ],
  options: [{ name: 'reason', value: 'TEXT', help: 'why, for the dead letter' }, YES_OPTION],
  run: async (input, desk) => {
    const [shardText = '', recordText = ''] = input.operands;
    const named = namedRecord(recordText);
    const view = viewOf(await lookToChange(desk), shardText);
    const { lease, shardId } = view;
    if (lease === undefined || lease.checkpoint.kind === 'shard_end' || view.shard === undefined)
      throw new Refusal(`shard ${shortShard(shardId)} has nothing to skip: it is ${view.state}`);
    const next = await nextRecord(desk, shardId, lease.checkpoint);
    assertNext(shardId, named, next);
    if (next === undefined) return;
    show(desk, shardId, next);
    await confirm(desk.terminal, input.flag('yes'), 'Skip this record?');
    await skip(desk, lease, next, input.text('reason'));
  },
};

function namedRecord(text: string): NamedRecord {
  const record = parseRecord(text);
  if (record === undefined)
    throw new UsageError(
      `skip needs the sequence number of a record, <sequence> or <sequence>:<sub>, not ${text}`,
    );
  return record;
}

function show({ terminal, streams }: Desk, shardId: string, { record }: NextRecord): void {
  const { sequenceNumber, subSequenceNumber, arrivalMilliseconds, data } = record;
  terminal.say(
    `shard ${shortShard(shardId)}: record ${sequenceNumber}:${subSequenceNumber} of ${shortTime(arrivalMilliseconds)} UTC, ${data.length.toLocaleString('en-US')} bytes`,
  );
  terminal.say(
    `  It goes to ${streams.rejects} as a dead letter with the code skipped. The shard is read on after it.`,
  );
  terminal.say(
    '  An owner that is at work on it may still decide it. Decision and dead letter then share a decision_id.',
  );
}

/** The dead letter comes first: if the tool dies in between, the record is not lost. */
async function skip(
  desk: Desk,
  lease: SeenLease,
  next: NextRecord,
  reason: string | undefined,
): Promise<void> {
  const { streams, objects, objectPrefix, clock, terminal } = desk;
  const { record, hasMore } = next;
  const { shardId, epoch } = lease;
  const { data, object } = skippedLetter({
    stream: streamNameOf(streams.input),
    shardId,
    epoch,
    objectPrefix,
    record,
    reason,
    nowMilliseconds: clock.now(),
  });
  if (object !== undefined) await objects.store(object);
  await new RedrivePut(desk, streams.rejects).put(
    [{ partitionKey: record.partitionKey, data }],
    async () => {},
  );
  const { sequenceNumber, subSequenceNumber } = record;
  const checkpoint: Checkpoint = hasMore
    ? { kind: 'record', sequenceNumber, subSequenceNumber }
    : { kind: 'record', sequenceNumber };
  const problem = await made(desk, shardId, {
    seen: lease,
    exact: true,
    lease: {
      ...lease,
      checkpoint,
      doneThroughMilliseconds: Math.max(lease.doneThroughMilliseconds, record.arrivalMilliseconds),
      createdMilliseconds: clock.now(),
    },
  });
  if (problem !== undefined)
    throw new Refusal(
      `the dead letter is stored, but the position is not changed: ${problem}. Look again with \`stream list\``,
    );
  terminal.out(`record ${sequenceNumber}:${subSequenceNumber}: skipped`);
}
