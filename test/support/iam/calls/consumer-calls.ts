import { STREAM_NAMES } from '../../../../services/shared/agreements/stream-names.ts';
import { decisionStack } from '../../model/decision-stack.ts';
import { FakeModel } from '../../model/fake-model.ts';
import { EXAMPLE_INPUT } from '../../model/loan-model.ts';
import type { ConsumerWorld } from '../../stream/consumer-world.ts';
import { until } from '../../until.ts';

const { input, output, rejects } = STREAM_NAMES;
/** Does not fit into a dead letter. */
const LARGE_BYTES = 2 * 1024 * 1024;

/** Settings under which the service and the tool find the streams and the bucket behind `endpoint`. */
export function streamVariables(endpoint: string, bucket: string): Record<string, string> {
  return {
    INPUT_STREAM: input,
    OUTPUT_STREAM: output,
    REJECT_STREAM: rejects,
    KINESIS_ENDPOINT: endpoint,
    S3_ENDPOINT: endpoint,
    ON_FAILURE: `s3://${bucket}/dead-letters`,
  };
}

/**
 * Our consumer decides an application, and stores a payload that is too large. It reads as `environment` says.
 * @returns how many decisions and dead letters the streams got
 */
export async function consume(
  world: ConsumerWorld,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly decisions: number; readonly deadLetters: number }> {
  const [decisions, deadLetters] = [count(world, output), count(world, rejects)];
  const { processor } = decisionStack({ stable: new FakeModel() });
  const consumer = world.consume(environment, { processor });
  put(world, Buffer.alloc(LARGE_BYTES, 'x'));
  put(world, Buffer.from(JSON.stringify({ input: EXAMPLE_INPUT, request_id: 'one' })));
  const done = () => ({
    decisions: count(world, output) - decisions,
    deadLetters: count(world, rejects) - deadLetters,
  });
  await until('both are done', () => done().decisions > 0 && done().deadLetters > 0, 30_000);
  await consumer.stop();
  return done();
}

function put(world: ConsumerWorld, data: Buffer): void {
  const stream = world.fake.stream(input);
  stream.put(stream.shardFor('key'), 'key', data.toString('base64'));
}

function count(world: ConsumerWorld, stream: string): number {
  return world.fake.stream(stream).shards.reduce((sum, shard) => sum + shard.all().length, 0);
}
