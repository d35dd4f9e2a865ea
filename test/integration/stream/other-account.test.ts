import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { metricValue } from '../../support/model/decision-stack.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { recordsOf } from '../../support/stream/fake-output.ts';
import { until } from '../../support/until.ts';

const arnOf = (name: string, account: string) => `arn:aws:kinesis:us-east-1:${account}:stream/${name}`;
const OURS = '000000000000';
const THEIRS = '444455556666';

/** Puts one record on any stream of the fake. */
function putOn(world: ConsumerWorld, stream: string, text: string): void {
  const target = world.fake.stream(stream);
  target.put(target.shardFor(text), text, Buffer.from(text).toString('base64'));
}

test.each(['polling', 'fan-out'])('streams of another account are read by %s and written', async (READER) => {
  await using world = await ConsumerWorld.start();
  const [input, output] = [arnOf('in', THEIRS), arnOf('out', THEIRS)];
  world.fake.createStreams(1, input, output);
  const metricsRegistry = new Registry();
  putOn(world, 'in', 'ours');
  putOn(world, input, 'theirs');
  world.consume({ INPUT_STREAM: input, OUTPUT_STREAM: output, READER }, { metricsRegistry });
  const written = () => world.fake.stream(output).shards.flatMap(recordsOf);
  await until('the record is decided', () => written().length === 1);
  expect(world.texts()).toEqual([]);
  const inOwnAccount = world.consume({ LEASE_FILE: `${world.directory}/own.json` });
  await until('the record of the own stream is decided', () => world.texts().length === 1);
  expect(world.texts()).toEqual(['ours']);
  expect(await metricValue(metricsRegistry, 'kinesis_records_written_total', { stream: 'out' })).toBe(1);
  await inOwnAccount.stop();
});

test('a record has the same decision id whether the stream is given by name or by ARN', async () => {
  await using world = await ConsumerWorld.start();
  world.put('a/0');
  for (const [index, INPUT_STREAM] of ['in', arnOf('in', OURS)].entries()) {
    const consumer = world.consume({ INPUT_STREAM, LEASE_FILE: `${world.directory}/${index}.json` });
    await until('the record is decided', () => world.echoes().length === index + 1);
    await consumer.stop();
  }
  expect(new Set(world.echoes().map(({ decisionId }) => decisionId)).size).toBe(1);
});

test('leases stay if the name of a stream becomes its ARN, and if it becomes a name again', async () => {
  await using world = await ConsumerWorld.start();
  const names = { INPUT_STREAM: 'in' };
  const arns = {
    INPUT_STREAM: arnOf('in', OURS),
    OUTPUT_STREAM: arnOf('out', OURS),
    REJECT_STREAM: arnOf('rejects', OURS),
  };
  for (const [round, streams] of [names, arns, names].entries()) {
    world.put(...numbered(`round${round}`, 5));
    const consumer = world.consume(streams);
    await until('the records are decided', () => world.texts().length >= 5 * (round + 1));
    await consumer.stop();
  }
  expect(world.texts()).toEqual([0, 1, 2].flatMap((round) => numbered(`round${round}`, 5)));
});

test('a stream of the same name in another account does not use the leases', async () => {
  await using world = await ConsumerWorld.start();
  world.put(...numbered('a', 5));
  const consumer = world.consume();
  await until('the records are decided', () => world.texts().length === 5);
  await consumer.stop();
  const before = readFileSync(`${world.directory}/leases.json`, 'utf8');
  const input = arnOf('in', THEIRS);
  world.fake.createStreams(1, input);
  putOn(world, input, 'theirs');
  const other = world.consume({ INPUT_STREAM: input });
  await until('the refusal is told', () =>
    Boolean(world.states.at(-1)?.message?.includes(`the leases are of a stream in account ${OURS}`)),
  );
  expect(other.ready).toBe(false);
  await other.stop();
  expect(world.texts()).toHaveLength(5);
  expect(JSON.parse(readFileSync(`${world.directory}/leases.json`, 'utf8'))).toEqual(JSON.parse(before));
  world.consume({ INPUT_STREAM: input, LEASE_FILE: `${world.directory}/others.json` });
  await until('it reads with leases of its own', () => world.texts().includes('theirs'));
});

test('leases of an earlier version stay with the name, which notes the account for the ARN', async () => {
  await using world = await ConsumerWorld.start();
  world.put(...numbered('a', 5));
  const first = world.consume();
  await until('the records are decided', () => world.texts().length === 5);
  await first.stop();
  const file = `${world.directory}/leases.json`;
  const { account: _, leases, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  const old = leases.map(({ createdMilliseconds: __, ...lease }: Record<string, unknown>) => lease);
  writeFileSync(file, JSON.stringify({ ...rest, leases: old }));

  const byArn = world.consume({ INPUT_STREAM: arnOf('in', OURS) });
  await until('the advice is told', () =>
    Boolean(world.states.at(-1)?.message?.includes('start once with its name as INPUT_STREAM')),
  );
  await byArn.stop();
  world.put(...numbered('b', 5));
  for (const INPUT_STREAM of ['in', arnOf('in', OURS)]) {
    const consumer = world.consume({ INPUT_STREAM });
    await until('it reads on', () => world.texts().length === 10);
    await until('all is well', () => consumer.ready);
    await consumer.stop();
  }
  expect(world.texts()).toEqual([...numbered('a', 5), ...numbered('b', 5)]);
});
