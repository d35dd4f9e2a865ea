import { streamNameOf } from '../../../services/shared/stream-reference.ts';
import type { IteratorStart } from '../../../services/stream/client/stream-client.ts';
import type { CommandInput } from '../../command-line/command.ts';
import { confirm } from '../../command-line/confirm.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { count } from '../../command-line/words.ts';
import { YES_OPTION } from '../common-options.ts';
import type { Desk } from '../desk.ts';
import { parseDeadLetter } from '../redrive/dead-letter.ts';
import { assertBegun, filterOf, withShard } from '../redrive/filter-options.ts';
import { LedgerClaim } from '../redrive/ledger-claim.ts';
import type { LetterFilter } from '../redrive/letter-filter.ts';
import { readStream } from '../redrive/read-stream.ts';
import { RedriveLedger } from '../redrive/redrive-ledger.ts';
import { RedrivePlan } from '../redrive/redrive-plan.ts';
import { redriveText } from '../redrive/redrive-text.ts';
import { sendChosen } from '../redrive/send-chosen.ts';
import type { StreamCommand } from '../stream-command.ts';

const DEFAULT_RATE = 100;
/** A dead letter reaches its stream after it was rejected. The clocks of pods and of Kinesis may differ by this much. */
const CLOCK_SLACK_MILLISECONDS = 5 * 60_000;

export const redriveCommand: StreamCommand = {
  name: 'redrive',
  operands: '',
  summary: 'Puts the payloads of dead letters back on the input stream, with their partition keys.',
  details: [
    'Remove the cause first. A redriven payload is a new record: the present model decides it, under a',
    'new decision_id, and its request_id stays. If it fails again, it becomes a new dead letter.',
    'The ledger notes what was redriven, so a second redrive on this machine puts nothing twice.',
    'While a redrive runs, a second redrive with its ledger is refused.',
    'Many records of one key go in runs. If Kinesis refuses a record of a run, the later ones are put again.',
    'A truncated payload is read from the object in S3 that its dead letter names. Without an object it is',
    'skipped.',
  ],
  options: [
    { name: 'code', value: 'CODE,…', help: 'only letters with these codes' },
    { name: 'field', value: 'FIELD,…', help: 'only letters whose error names one of these fields' },
    {
      name: 'since',
      value: 'TIME',
      help: 'only letters rejected from then on, such as 2026-01-31T12:00:00Z',
    },
    { name: 'until', value: 'TIME', help: 'only letters rejected before then' },
    { name: 'shard', value: 'SHARD', help: 'only letters of this shard of the input stream' },
    { name: 'limit', value: 'N', help: 'at most this many records' },
    { name: 'rate', value: 'N', help: `records a second (default ${DEFAULT_RATE})` },
    {
      name: 'ledger',
      value: 'PATH',
      help: 'file that notes what was redriven (default .redriven/<dead-letter stream>.jsonl)',
    },
    { name: 'dry-run', help: 'show the plan and put nothing' },
    YES_OPTION,
  ],
  run: async (input, desk) => {
    const filter = filterOf(input);
    const limit = numberOf(input, 'limit') ?? Number.POSITIVE_INFINITY;
    const rate = numberOf(input, 'rate') ?? DEFAULT_RATE;
    const file = input.text('ledger') ?? ledgerFile(desk.streams.rejects);
    // A dry run puts nothing, so it may look at a ledger in use.
    if (input.flag('dry-run')) return redrive(input, desk, { filter, limit, rate, file });
    const claim = await LedgerClaim.take(file, desk.clock.now());
    try {
      await redrive(input, desk, { filter, limit, rate, file });
    } finally {
      await claim.release();
    }
  },
};

interface Redrive {
  readonly filter: LetterFilter;
  readonly limit: number;
  readonly rate: number;
  /** Path of the ledger. */
  readonly file: string;
}

async function redrive(
  input: CommandInput,
  desk: Desk,
  { filter: asked, limit, rate, file }: Redrive,
): Promise<void> {
  const { terminal, streams } = desk;
  const ledger = await RedriveLedger.open(file);
  const shards = await desk.client.listShards(streams.input, desk.signal);
  const shardIds = shards.map(({ shardId }) => shardId);
  const filter = withShard(asked, shardIds);
  // Kinesis has answered, so the clock is right by now.
  assertBegun(filter, desk.clock.now());
  const beganAt = desk.clock.monotonic();
  const plan = await planOf(desk, filter, limit, ledger);
  const pace = { rate, readMilliseconds: desk.clock.monotonic() - beganAt };
  plan.assertShard(shardIds);
  terminal.out([...redriveText(plan, streams, pace), ledger.summary].join('\n'));
  if (plan.chosen.size === 0 || input.flag('dry-run')) return;
  await confirm(terminal, input.flag('yes'), `Put ${count(plan.chosen.size, 'record')} on ${streams.input}?`);
  const sent = await sendChosen(
    desk,
    readStream(desk, streams.rejects, startOf(filter)),
    plan.chosen,
    ledger,
    rate,
  );
  terminal.out(`${count(sent, 'record')} put on ${streams.input}, confirmed by Kinesis`);
}

async function planOf(
  desk: Desk,
  filter: LetterFilter,
  limit: number,
  ledger: RedriveLedger,
): Promise<RedrivePlan> {
  const { streams } = desk;
  const isRedriven = (id: string) => ledger.has(id);
  const plan = new RedrivePlan({ filter, stream: streamNameOf(streams.input), limit, isRedriven });
  for await (const { data } of readStream(desk, streams.rejects, startOf(filter)))
    plan.add(parseDeadLetter(data));
  return plan;
}

function startOf({ sinceMilliseconds }: LetterFilter): IteratorStart {
  if (sinceMilliseconds === undefined) return { type: 'TRIM_HORIZON' };
  return { type: 'AT_TIMESTAMP', atMilliseconds: Math.max(0, sinceMilliseconds - CLOCK_SLACK_MILLISECONDS) };
}

/** @throws UsageError */
function numberOf(input: CommandInput, option: string): number | undefined {
  const text = input.text(option);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError(`--${option} ${text}: must be a whole number from 1 on`);
  return number;
}

function ledgerFile(rejects: string): string {
  return `.redriven/${rejects.replaceAll(/[^\w.-]+/g, '_')}.jsonl`;
}
