import { STREAM_NAMES } from '../../../../services/shared/agreements/stream-names.ts';
import type { ToolRun } from '../../played-terminal.ts';
import type { ConsumerWorld } from '../../stream/consumer-world.ts';
import { runTool } from '../../stream/stream-tool.ts';

/**
 * A person looks at the group, moves its position before a record that is too large for a dead letter, skips that record,
 * and puts the dead letters back.
 * @param environment as the consumer has it
 */
export async function useStreamTool(
  world: ConsumerWorld,
  environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, ToolRun>>> {
  const leases = ['--lease-file', `${world.directory}/leases.json`];
  const run = (...args: readonly string[]) => runTool([...args, ...leases], undefined, environment);
  const records = world.fake.stream(STREAM_NAMES.input).shards.flatMap((shard) => shard.all());
  const [, before = '', large = ''] = records.map(({ sequenceNumber }) => sequenceNumber);
  return {
    list: await run('list'),
    move: await run('move', '0', '--to', before, '--yes'),
    skip: await run('skip', '0', large, '--yes'),
    redrive: await run(
      'redrive',
      '--yes',
      '--rate',
      '10000',
      '--ledger',
      `${world.directory}/redriven.jsonl`,
    ),
  };
}
