import { readFile } from 'node:fs/promises';
import { parseStream, streamNameOf } from '../../../services/shared/stream-reference.ts';
import { Refusal, UsageError } from '../../command-line/usage-error.ts';
import { count, listed } from '../../command-line/words.ts';
import { YES_OPTION } from '../common-options.ts';
import type { Desk } from '../desk.ts';
import { namesOf } from '../drain-plan.ts';
import { dynamoItems } from '../kcl/dynamo-items.ts';
import { importChanges, type RecordFacts } from '../kcl/import-changes.ts';
import { kclLease } from '../kcl/kcl-lease.ts';
import { type ImportOptions, type ImportPlan, planImport } from '../kcl/kcl-plan.ts';
import { lookToChange } from '../look.ts';
import { makeChanges } from '../make-changes.ts';
import { parsePosition } from '../position-option.ts';
import { firstRecordsAt } from '../record-at.ts';
import { shortShard } from '../shard-name.ts';
import type { StreamCommand } from '../stream-command.ts';
import { assertPast } from '../time-option.ts';

export const importKclCommand: StreamCommand = {
  name: 'import-kcl',
  operands: '<dump.json>',
  summary: 'Takes over the positions of a Kinesis Client Library application, versions 1 to 3.',
  details: [
    'Stop the application first. Then dump its lease table, which has the name of the application:',
    '`aws dynamodb scan --table-name APPLICATION --output json > dump.json`',
    'The group goes on after the last record that the application has checkpointed, also inside an',
    'aggregate. Nothing is imported if one lease of the dump does not fit the stream.',
  ],
  options: [
    {
      name: 'start-at',
      value: 'POSITION',
      help: 'TRIM_HORIZON or a time: start of shards at LATEST, at AT_TIMESTAMP, or not in the dump',
    },
    { name: 'replace', help: 'overwrite the positions of a group that has read already' },
    YES_OPTION,
  ],
  run: async (input, desk) => {
    const startAt = startAtOf(input.text('start-at'));
    const items = dynamoItems(await readDump(input.operands[0] as string));
    const leases = items.flatMap((item, index) => kclLease(item, index + 1) ?? []);
    const look = await lookToChange(desk, true);
    if (startAt?.kind === 'timestamp') assertPast('--start-at', startAt.atMilliseconds, desk.clock.now());
    const shards = look.views.flatMap(({ shard }) => shard ?? []);
    const streamCreatedMilliseconds = look.description.createdMilliseconds;
    const options = {
      stream: streamNameOf(desk.streams.input),
      account: parseStream(look.description.arn)?.home?.account,
      streamCreatedMilliseconds,
      startAt,
    };
    const plan = planImport(leases, shards, options);
    const facts = await allFacts(desk, plan);
    const changes = importChanges(plan, look.views, facts, input.flag('replace'), {
      streamCreatedMilliseconds,
      nowMilliseconds: desk.clock.now(),
    });
    if (look.absentFile !== undefined)
      desk.terminal.say(`${look.absentFile} does not exist yet: the process that uses it makes it.`);
    if (look.members.length > 0)
      desk.terminal.say(
        `The group is running: ${namesOf(look.members)}. It takes the new positions at once. Stop it first if it must not read yet.`,
      );
    for (const note of plan.notes) desk.terminal.say(note);
    await makeChanges(desk, changes, input.flag('yes'));
  },
};

/** What is known of the records at the checkpoints, by shard. @throws Refusal if a record is not of its shard */
async function allFacts(desk: Desk, { shards }: ImportPlan): Promise<ReadonlyMap<string, RecordFacts>> {
  const facts = new Map<string, RecordFacts>();
  const unknown: string[] = [];
  for (const { shard, checkpoint } of shards) {
    if (checkpoint.kind !== 'record') continue;
    const fact = await factsOf(desk, shard.shardId, checkpoint.sequenceNumber);
    if (fact === undefined)
      unknown.push(`${checkpoint.sequenceNumber} of shard ${shortShard(shard.shardId)}`);
    else facts.set(shard.shardId, fact);
  }
  if (unknown.length === 0) return facts;
  throw new Refusal(
    `${desk.streams.input} does not know ${count(unknown.length, 'sequence number')} of the dump: ${listed(unknown)}. The dump is of another stream, or the stream was deleted and made again`,
  );
}

/** Undefined if the sequence number is not of this shard. */
async function factsOf(
  desk: Desk,
  shardId: string,
  sequenceNumber: string,
): Promise<RecordFacts | undefined> {
  const records = await firstRecordsAt(desk, shardId, sequenceNumber);
  if (records === undefined) return undefined;
  const isKept = records[0]?.sequenceNumber === sequenceNumber;
  return { isKept, arrivalMilliseconds: isKept ? (records[0]?.arrivalMilliseconds ?? 0) : 0 };
}

function startAtOf(text: string | undefined): ImportOptions['startAt'] {
  if (text === undefined) return undefined;
  const position = parsePosition('--start-at', text);
  if (position.kind === 'latest' || position.kind === 'record')
    throw new UsageError(`--start-at ${text}: must be TRIM_HORIZON or a time such as 2026-01-31T12:00:00Z`);
  if (position.kind === 'timestamp' && position.atMilliseconds < 0)
    throw new UsageError(
      `--start-at ${text}: must not be before 1970-01-01T00:00:00Z. Give TRIM_HORIZON for the oldest record`,
    );
  return position;
}

async function readDump(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${(error as Error).message}`);
  }
}
