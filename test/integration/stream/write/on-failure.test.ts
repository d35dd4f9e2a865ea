import { describe, expect, test } from '@jest/globals';
import type { DeadLetterRecord } from '../../../../services/shared/agreements/dead-letter-record.ts';
import { decisionStack } from '../../../support/model/decision-stack.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { EXAMPLE_INPUT } from '../../../support/model/loan-model.ts';
import { ConsumerWorld } from '../../../support/stream/consumer-world.ts';
import { recordsOf } from '../../../support/stream/fake-output.ts';
import { S3Emulator } from '../../../support/stream/s3-emulator.ts';
import { until } from '../../../support/until.ts';

const MEGABYTE = 1024 * 1024;
/** The largest record of Kinesis. */
const LARGEST = bytes(10 * MEGABYTE);
/** Small enough to share a read, and so a batch, with the application. */
const LARGE = bytes(2 * MEGABYTE);

function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31) % 256));
}

/** Puts a large record and an application. Only the application can be decided. */
function putBoth(world: ConsumerWorld, large = LARGE): void {
  const input = world.fake.stream('in');
  for (const data of [large, Buffer.from(JSON.stringify({ input: EXAMPLE_INPUT, request_id: 'good' }))])
    input.put(input.shardFor('key'), 'key', data.toString('base64'));
}

function consume(world: ConsumerWorld, environment: Readonly<Record<string, string>>) {
  const { processor } = decisionStack({ stable: new FakeModel() });
  return world.consume(environment, { processor });
}

function count(world: ConsumerWorld, stream: 'out' | 'rejects'): number {
  return world.fake.stream(stream).shards.reduce((sum, shard) => sum + shard.all().length, 0);
}

function deadLetters(world: ConsumerWorld): DeadLetterRecord[] {
  const records = world.fake.stream('rejects').shards.flatMap(recordsOf);
  return records.map(({ data }) => JSON.parse(Buffer.from(data).toString()));
}

describe('ON_FAILURE', () => {
  test('a payload above the limit of a record is stored whole, and its dead letter names the object', async () => {
    await using world = await ConsumerWorld.start();
    await using emulator = await S3Emulator.start('failures');
    consume(world, { ON_FAILURE: 's3://failures/whole/', S3_ENDPOINT: emulator.url });
    putBoth(world, LARGEST);
    await until('both are done', () => count(world, 'out') === 1 && count(world, 'rejects') === 1);
    const [letter] = deadLetters(world);
    expect(letter).toMatchObject({
      error: { code: 'too_large' },
      payload_bytes: LARGEST.length,
      payload_truncated: true,
      payload_s3_uri: `s3://failures/whole/in/shardId-000000000000/${letter?.sequence_number}-0`,
    });
    const { data } = await emulator.object(letter?.payload_s3_uri ?? '');
    expect(data.equals(LARGEST)).toBe(true);
  }, 40_000);

  test('while the bucket is missing, decisions of the batch are written, the dead letter waits and the state says so', async () => {
    await using world = await ConsumerWorld.start();
    await using emulator = await S3Emulator.start();
    const stream = consume(world, { ON_FAILURE: 's3://failures', S3_ENDPOINT: emulator.url });
    putBoth(world);
    await until('the state names the bucket', () =>
      /PutObject s3:\/\/failures\/in\/.*NoSuchBucket.*trying again/.test(world.states.at(-1)?.message ?? ''),
    );
    expect(stream.ready).toBe(false);
    await until('the application is decided', () => count(world, 'out') === 1);
    expect(count(world, 'rejects')).toBe(0);
    emulator.createBucket('failures');
    await until('the dead letter is put', () => count(world, 'rejects') === 1);
    await until('the stream is ready', () => stream.ready);
    const { data } = await emulator.object(deadLetters(world)[0]?.payload_s3_uri ?? '');
    expect(data.equals(LARGE)).toBe(true);
  }, 40_000);

  test('a consumer that stops while S3 is away leaves the record to the next one', async () => {
    await using world = await ConsumerWorld.start();
    await using emulator = await S3Emulator.start();
    const environment = { ON_FAILURE: 's3://failures', S3_ENDPOINT: emulator.url, HAND_OFF_SECONDS: '0.1' };
    const first = consume(world, environment);
    putBoth(world);
    await until('S3 fails', () => /NoSuchBucket/.test(world.states.at(-1)?.message ?? ''));
    await first.stop();
    expect(count(world, 'rejects')).toBe(0);
    emulator.createBucket('failures');
    consume(world, environment);
    await until('the dead letter is put', () => count(world, 'rejects') === 1);
    expect((await emulator.object(deadLetters(world)[0]?.payload_s3_uri ?? '')).data.equals(LARGE)).toBe(
      true,
    );
  }, 40_000);

  test('without ON_FAILURE the payload is cut, as before', async () => {
    await using world = await ConsumerWorld.start();
    consume(world, {});
    putBoth(world);
    await until('both are done', () => count(world, 'out') === 1 && count(world, 'rejects') === 1);
    expect(deadLetters(world)[0]).toMatchObject({ payload_bytes: LARGE.length, payload_truncated: true });
    expect(deadLetters(world)[0]).not.toHaveProperty('payload_s3_uri');
  }, 40_000);
});
