import { describe, expect, test } from '@jest/globals';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { EchoProcessor, textOf } from '../../support/stream/echo-processor.ts';
import { recordsOf } from '../../support/stream/fake-output.ts';
import { kplAggregate } from '../../support/stream/kpl-aggregate.ts';
import { S3Emulator } from '../../support/stream/s3-emulator.ts';
import { fileOf, runTool } from '../../support/stream/stream-tool.ts';
import { until } from '../../support/until.ts';

/** A consumer that never gets past the record with the text `bad`. */
function stuckAt(world: ConsumerWorld, bad: string) {
  const processor = new EchoProcessor((batch) => {
    if (batch.records.some((record) => textOf(record) === bad)) throw new Error('stuck');
  });
  return world.consume({ MAX_RETRIES: '-1', BATCH_SIZE: '1' }, { processor });
}

function letters(world: ConsumerWorld) {
  return world.fake
    .stream('rejects')
    .shards.flatMap(recordsOf)
    .map((record) => ({ key: record.partitionKey, letter: JSON.parse(textOf(record)) }));
}

/** Undefined as long as there is no lease file. */
async function position(world: ConsumerWorld): Promise<string | undefined> {
  const { code, out } = await runTool(['list', '--json', ...fileOf(world)]);
  return code === 0 ? JSON.parse(out).shards[0].checkpoint : undefined;
}

const skip = (world: ConsumerWorld, record: string, ...args: string[]) =>
  runTool(['skip', '0', record, ...args, ...fileOf(world)]);

describe('stream skip', () => {
  test('dead-letters the record that stops its shard, and the group goes on after it', async () => {
    await using world = await ConsumerWorld.start();
    world.put('a/0', 'a/1', 'a/2');
    const [, bad] = world.fake.stream('in').shards[0]?.all() ?? [];
    const sequence = bad?.sequenceNumber ?? '';
    stuckAt(world, 'a/1');
    await until('all before it is done', async () => /^\d+$/.test((await position(world)) ?? ''));
    const { code, out, said } = await skip(world, sequence, '--yes', '--reason', 'stuck');
    expect([code, out]).toEqual([0, expect.stringContaining(`record ${sequence}:0: skipped`)]);
    expect(said).not.toContain('a/1');
    await until('the rest is published', () => world.texts().includes('a/2'));
    expect(world.distinctTexts()).toEqual(['a/0', 'a/2']);
    expect(letters(world)).toMatchObject([
      {
        key: 'a',
        letter: {
          error: { code: 'skipped', message: 'a person skipped the record: stuck' },
          partition_key: 'a',
          payload: Buffer.from('a/1').toString('base64'),
          sequence_number: sequence,
        },
      },
    ]);
  });

  test('a payload that does not fit into the dead letter is stored whole first, if ON_FAILURE is set', async () => {
    await using world = await ConsumerWorld.start();
    await using emulator = await S3Emulator.start('failures');
    const large = Buffer.alloc(900_000, 'x');
    const input = world.fake.stream('in');
    input.put(input.shardFor('a'), 'a', large.toString('base64'));
    const sequence = input.shards[0]?.all()[0]?.sequenceNumber ?? '';
    stuckAt(world, large.toString());
    await until('the shard has a lease', async () => (await position(world)) === 'TRIM_HORIZON');
    const environment = { ON_FAILURE: 's3://failures', S3_ENDPOINT: emulator.url };
    const run = await runTool(['skip', '0', sequence, '--yes', ...fileOf(world)], undefined, environment);
    expect([run.code, run.out]).toEqual([0, expect.stringContaining('skipped')]);
    const uri = `s3://failures/in/shardId-000000000000/${sequence}-0`;
    expect(letters(world)).toMatchObject([{ letter: { payload_truncated: true, payload_s3_uri: uri } }]);
    expect((await emulator.object(uri)).data.equals(large)).toBe(true);
  });

  test('inside an aggregate skips one part', async () => {
    await using world = await ConsumerWorld.start();
    const parts = numbered('a', 4).map((text) => ({ partitionKey: 'a', data: Buffer.from(text) }));
    const stream = world.fake.stream('in');
    stream.put(stream.shardFor('a'), 'a', kplAggregate(parts).toString('base64'));
    const sequence = stream.shards[0]?.all()[0]?.sequenceNumber ?? '';
    stuckAt(world, 'a/2');
    await until('two parts are done', async () => (await position(world)) === `${sequence}:1`);
    expect((await skip(world, sequence, '--yes')).said).toContain(`name its next record, ${sequence}:2`);
    expect((await skip(world, `${sequence}:2`, '--yes')).code).toBe(0);
    await until('the last part is published', () => world.texts().includes('a/3'));
    expect(world.distinctTexts()).toEqual(['a/0', 'a/1', 'a/3']);
    expect(letters(world)).toMatchObject([{ letter: { sub_sequence_number: 2 } }]);
  });

  test('refuses another record than the next one, and changes nothing', async () => {
    await using world = await ConsumerWorld.start();
    world.put('a/0', 'a/1', 'a/2');
    const [done, bad, later] = world.fake.stream('in').shards[0]?.all() ?? [];
    stuckAt(world, 'a/1');
    await until('all before it is done', async () => (await position(world)) === done?.sequenceNumber);
    const runs = [
      await skip(world, later?.sequenceNumber ?? '', '--yes'),
      await skip(world, done?.sequenceNumber ?? '', '--yes'),
      await skip(world, bad?.sequenceNumber ?? ''),
    ];
    expect(runs.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(runs.map(({ said }) => said)).toEqual([
      expect.stringContaining(`not there yet: the next record to be done is ${bad?.sequenceNumber}`),
      expect.stringContaining('is done already'),
      expect.stringContaining('Add --yes'),
    ]);
    expect(letters(world)).toEqual([]);
    expect((await skip(world, 'LATEST', '--yes')).code).toBe(2);
  });
});
