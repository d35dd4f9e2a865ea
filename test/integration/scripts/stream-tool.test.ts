import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formatLeaseFile } from '../../../services/stream/lease/lease-file.ts';
import { ConsumerWorld, numbered } from '../../support/stream/consumer-world.ts';
import { EchoProcessor, textOf } from '../../support/stream/echo-processor.ts';
import { fileOf, runTool } from '../../support/stream/stream-tool.ts';
import { until } from '../../support/until.ts';

interface ListedShard {
  readonly shard_id: string;
  readonly state: string;
  readonly owner: string | null;
  readonly checkpoint: string;
}

/** Empty as long as there is no lease file. */
async function list(world: ConsumerWorld): Promise<ListedShard[]> {
  const { out, code } = await runTool(['list', '--json', ...fileOf(world)]);
  return code === 0 ? JSON.parse(out).shards : [];
}

function allRead(shards: readonly ListedShard[]): boolean {
  return shards.length > 0 && shards.every(({ state }) => state === 'reading');
}

/** Has the group make its leases, and stops it. */
async function startAndStop(world: ConsumerWorld): Promise<void> {
  const consumer = world.consume();
  await until('there are leases', async () => allRead(await list(world)));
  await consumer.stop();
}

/** Puts `count` records on the input and waits until they are published. */
async function publish(world: ConsumerWorld, count: number, from = 0): Promise<void> {
  const before = world.texts().length;
  world.put(...numbered('a', count, from));
  await until('all is published', () => world.texts().length >= before + count);
}

describe('stream list', () => {
  test('shows who reads which shard, how far, and what nobody reads', async () => {
    await using world = await ConsumerWorld.start({ shards: 2 });
    const consumer = world.consume({ POD_NAME: 'pod-a' });
    await publish(world, 3);
    await until('the checkpoint is stored', async () =>
      (await list(world)).some((it) => /^\d+$/.test(it.checkpoint)),
    );
    const { out, code } = await runTool(['list', ...fileOf(world)]);
    expect(code).toBe(0);
    expect(out).toContain('member pod-a: reads 2 shards');
    expect(out).toMatch(/^ *0 +reading +pod-a /m);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    await consumer.stop();
    const after = await runTool(['list', ...fileOf(world)]);
    expect(after.out).toMatch(/^ *0 +unowned +- /m);
    expect(after.out).toContain('no member: nobody reads the stream');
  });

  test('shows closed shards that are done, and children that wait for their parents', async () => {
    await using world = await ConsumerWorld.start();
    await startAndStop(world);
    world.put(...numbered('a', 1));
    world.fake.stream('in').split('shardId-000000000000', 2n ** 127n);
    const states = async () => (await list(world)).map(({ state }) => state);
    expect(await states()).toEqual(['unowned', 'no lease', 'no lease']);
    world.consume();
    await until('the children are read', async () => (await states()).join() === 'ended,reading,reading');
  });
});

describe('stream move', () => {
  test('a running owner takes the new position, and does not overwrite it', async () => {
    await using world = await ConsumerWorld.start();
    world.consume({ POD_NAME: 'pod-a' });
    await publish(world, 5);
    const { code, out, said } = await runTool([
      'move',
      '0',
      '--to',
      'TRIM_HORIZON',
      '--yes',
      ...fileOf(world),
    ]);
    expect([code, out]).toEqual([0, 'shard 0: changed']);
    expect(said).toContain('decided again, under the same decision_id');
    await until('all is published again', () => world.texts().length >= 10);
    expect(world.texts()).toEqual([...numbered('a', 5), ...numbered('a', 5)]);
    await publish(world, 1, 5);
    expect(world.distinctTexts()).toEqual(numbered('a', 6));
  });

  test('to a sequence number goes on after that record', async () => {
    await using world = await ConsumerWorld.start();
    world.consume();
    await publish(world, 5);
    const third = world.echoes()[2]?.sequenceNumber ?? '';
    await runTool(['move', '0', '--to', third, '--yes', ...fileOf(world)]);
    await until('the rest is published again', () => world.texts().length >= 7);
    expect(world.texts().slice(5)).toEqual(['a/3', 'a/4']);
  });

  test('waits for the next process if none uses the lease file', async () => {
    await using world = await ConsumerWorld.start();
    const first = world.consume();
    await publish(world, 3);
    await first.stop();
    const { code, out } = await runTool(['move', '0', '--to', 'TRIM_HORIZON', '--yes', ...fileOf(world)]);
    expect(code).toBe(0);
    expect(out).toContain('the next process makes the change');
    expect((await list(world))[0]).toMatchObject({ state: 'unowned', checkpoint: 'TRIM_HORIZON' });
    world.consume();
    await until('all is published again', () => world.texts().length >= 6);
    expect(world.texts()).toEqual([...numbered('a', 3), ...numbered('a', 3)]);
  });

  test('LATEST skips what a stopped group did not read, in every shard', async () => {
    // The tool knows the time of Kinesis to the second.
    let ageMilliseconds = 5_000;
    await using world = await ConsumerWorld.start({ shards: 2, now: () => Date.now() - ageMilliseconds });
    await startAndStop(world);
    world.put(...numbered('a', 2), ...numbered('b', 2));
    ageMilliseconds = 0;
    expect((await runTool(['move', '--all', '--to', 'LATEST', '--yes', ...fileOf(world)])).code).toBe(0);
    world.consume();
    world.put('a/new', 'b/new');
    await until('the new records are published', () => world.texts().length >= 2);
    expect(world.texts().sort()).toEqual(['a/new', 'b/new']);
  });

  test('asks, and changes nothing without a yes', async () => {
    await using world = await ConsumerWorld.start();
    world.consume();
    await publish(world, 1);
    const move = ['move', '0', '--to', 'TRIM_HORIZON', ...fileOf(world)];
    const no = await runTool(move, 'n');
    expect([no.code, no.questions]).toEqual([1, ['Make this change? [y/N] ']]);
    const nobody = await runTool(move);
    expect([nobody.code, nobody.said]).toEqual([1, expect.stringContaining('Add --yes')]);
    await publish(world, 1, 1);
    expect(world.texts()).toEqual(numbered('a', 2));
    expect((await runTool(move, 'y')).code).toBe(0);
    await until('all is published again', () => world.texts().length >= 4);
  });

  test.each([
    [
      ['move', '0', '--to', '2020-01-01T00:00:00Z'],
      1,
      /older than the 24 h that the stream keeps: give TRIM_HORIZON/,
    ],
    [
      ['move', '0', '--to', '1960-01-01T00:00:00Z'],
      1,
      /--to 1960-01-01T00:00:00Z is older than the 24 h that the stream keeps/,
    ],
    [['move', '0', '--to', '2999-01-01T00:00:00Z'], 1, /ahead: give a time that has passed/],
    [['move', '0', '--to', '17'], 1, /shard 0 of in has no record 17/],
    [['move', '7', '--to', 'LATEST'], 1, /there is no shard 7: the stream and its leases have 0/],
    [['move', '0', '--to', 'soon'], 2, /--to soon: must be TRIM_HORIZON, LATEST/],
    [['move', '--all', '--to', '17'], 2, /a sequence number belongs to one shard/],
    [['move', '0'], 2, /move needs --to POSITION/],
    [['move', '--to', 'LATEST'], 2, /move needs a shard, or --all/],
    [['move', '0', '--all', '--to', 'LATEST'], 2, /takes one shard or --all, not both: give 0 or --all/],
    [['move', '0', '--to', '2026-02-30T00:00:00Z'], 2, /--to 2026-02-30T00:00:00Z: there is no such time/],
    [['skip', '0', 'abc'], 2, /skip needs the sequence number of a record, .*, not abc/],
    [['move', '0', '1', '--to', 'LATEST'], 2, /move takes \[shard\], not 0 1/],
    [['revive', '0'], 1, /neither done nor held, but reading: `stream move`/],
    [['revive'], 2, /revive needs <shard>/],
    [['end', '0'], 1, /shard 0 is open, so producers still write to it/],
    [['list', '--sideways'], 2, /Unknown option '--sideways'/],
    [['wander'], 2, /there is no command wander: list, move/],
  ])('refuses %j', async (args, code, message) => {
    await using world = await ConsumerWorld.start();
    world.consume();
    await publish(world, 1);
    const run = await runTool([...args, ...fileOf(world)]);
    expect(run.said).toMatch(message);
    expect(run.code).toBe(code);
  });

  test('looks at the group that reads the stream of decisions, too', async () => {
    await using world = await ConsumerWorld.start();
    world.fake.createStreams(1, 'loan-predictions');
    const leases = { stream: 'loan-predictions', leases: [], edits: [] };
    writeFileSync(`${world.directory}/leases.json`, formatLeaseFile(leases));
    const run = await runTool(['list', ...fileOf(world), '--stream', 'loan-predictions']);
    expect([run.code, run.out]).toEqual([0, expect.stringContaining('loan-predictions at')]);
  });

  test('names a stream that does not exist', async () => {
    await using world = await ConsumerWorld.start();
    writeFileSync(
      `${world.directory}/leases.json`,
      formatLeaseFile({ stream: 'nowhere', leases: [], edits: [] }),
    );
    const run = await runTool(['list', ...fileOf(world), '--stream', 'nowhere']);
    expect([run.code, run.said]).toEqual([1, expect.stringContaining('nowhere')]);
  });

  test.each([
    ['list'],
    ['move', '--all', '--to', 'LATEST'],
    ['revive', '0'],
    ['end', '0'],
    ['skip', '0', '1'],
    ['drain', '0'],
  ])('refuses a lease file that does not exist: %s', async (...args) => {
    await using world = await ConsumerWorld.start();
    const file = `${world.directory}/mistyped.json`;
    const run = await runTool([...args, ...fileOf(world), '--lease-file', file]);
    expect([run.code, run.said]).toEqual([1, expect.stringContaining(`there is no lease file ${file}`)]);
  });

  test('a drain on a lease file is refused before anything is shown or asked', async () => {
    await using world = await ConsumerWorld.start();
    world.consume({ POD_NAME: 'pod-a' });
    await until('the shard is read', async () => (await list(world))[0]?.state === 'reading');
    for (const args of [['0'], ['pod-a'], ['pod-a', '--to', 'nobody'], ['pod-a', '--undo']]) {
      const run = await runTool(['drain', ...args, ...fileOf(world)], 'y');
      expect([run.code, run.questions]).toEqual([1, []]);
      expect(run.said).toMatch(/has one member, pod-a, .*: stop process \d+ on \S+ instead/);
    }
  });
});

describe('stream end and stream revive', () => {
  test('end lets the children go on, and says what is skipped; revive has the shard read again', async () => {
    await using world = await ConsumerWorld.start();
    // The first record is never decided.
    let isStuck = true;
    const processor = new EchoProcessor((batch) => {
      if (isStuck && batch.records.some((record) => textOf(record) === 'a/0')) throw new Error('stuck');
    });
    world.put(...numbered('a', 2));
    world.consume({ MAX_RETRIES: '-1' }, { processor });
    world.fake.stream('in').split('shardId-000000000000', 2n ** 127n);
    world.put('a/child');
    const states = async () => (await list(world)).map(({ state }) => state);
    await until('the children wait', async () => (await states()).join() === 'reading,waiting,waiting');
    const end = await runTool(['end', '0', '--yes', ...fileOf(world)]);
    expect(end.said).toMatch(
      /Every record that is not done is skipped: .*\n.* gives the shard up .*\n.*Its children are read next: 1, 2/,
    );
    await until('the child is published', () => world.texts().includes('a/child'));
    expect(world.texts()).toEqual(['a/child']);
    isStuck = false;
    const revive = await runTool(['revive', '0', '--yes', ...fileOf(world)]);
    expect([revive.code, revive.out]).toEqual([0, 'shard 0: changed']);
    await until('the parent is published', () => world.texts().length >= 3);
    expect(world.distinctTexts().sort()).toEqual(['a/0', 'a/1', 'a/child']);
    await until('all goes on', async () => (await states()).join() === 'ended,reading,reading');
  });
});

describe('a held shard', () => {
  test('is shown as held, and revive has its owner read it from the oldest record', async () => {
    await using world = await ConsumerWorld.start();
    const first = world.consume();
    await publish(world, 2);
    await first.stop();
    const file = `${world.directory}/leases.json`;
    const content = JSON.parse(readFileSync(file, 'utf8'));
    content.leases[0].doneThroughMilliseconds = Date.now() - 30 * 3_600_000;
    writeFileSync(file, JSON.stringify(content));
    world.fake.stream('in').shards[0]?.trim(2);
    world.put('a/2');
    world.consume();
    await until('the shard is held', () => world.states.at(-1)?.state === 'degraded');
    expect((await list(world))[0]).toMatchObject({ state: 'held', note: 'older than 24 h' });
    expect((await runTool(['revive', '0', '--yes', ...fileOf(world)])).code).toBe(0);
    await until('the rest is published', () => world.texts().includes('a/2'));
    await until('the consumer is well', () => world.states.at(-1)?.state === 'ok');
    expect(world.texts()).toEqual(['a/0', 'a/1', 'a/2']);
  });
});

describe('the lease file', () => {
  test('of another stream is refused', async () => {
    await using world = await ConsumerWorld.start();
    await startAndStop(world);
    const args = ['list', '--stream', 'out', '--endpoint', world.fake.url];
    const run = await runTool([...args, '--lease-file', `${world.directory}/leases.json`]);
    expect(run.said).toMatch(/holds the leases of stream in, not of out: give --stream in/);
  });

  test('is found by the ARN of its stream too, and refused to a stream of another account', async () => {
    await using world = await ConsumerWorld.start();
    await startAndStop(world);
    const theirs = 'arn:aws:kinesis:us-east-1:444455556666:stream/in';
    world.fake.createStreams(1, theirs);
    const listOf = (stream: string) => runTool(['list', ...fileOf(world), '--stream', stream]);
    const own = await listOf(world.fake.stream('in').arn);
    expect(own.out).toMatch(/^ *0 +unowned +- /m);
    const other = await listOf(theirs);
    expect(other.said).toMatch(
      /the group reads a stream in account 0{12}, but arn:.* 444455556666\. Give --stream arn:.*:0{12}:/,
    );
    expect(other.code).toBe(1);
  });
});
