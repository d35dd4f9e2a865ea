import { hash } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { NO_FAULTS } from '../../support/kinesis-fake/faults.ts';
import { ConsumerWorld } from '../../support/stream/consumer-world.ts';
import { EchoProcessor } from '../../support/stream/echo-processor.ts';
import { recordsOf } from '../../support/stream/fake-output.ts';
import { S3Emulator } from '../../support/stream/s3-emulator.ts';
import { runTool, streamsOf } from '../../support/stream/stream-tool.ts';
import { until } from '../../support/until.ts';

let nextId = 1;
afterEach(() => {
  nextId = 1;
});

interface Letter {
  readonly code?: string;
  readonly text: string;
  readonly key?: string;
  readonly change?: object;
}

/** Puts a dead letter on the dead-letter stream. */
function reject(
  world: ConsumerWorld,
  { code = 'out_of_range', text, key = 'applicant', change = {} }: Letter,
): void {
  const letter = {
    model: 'loan',
    model_version: '1',
    decision_id: `00000000-0000-5000-8000-${String(nextId++).padStart(12, '0')}`,
    error: { code, message: 'no', field: 'LoanAmount' },
    stream: 'in',
    shard_id: 'shardId-000000000000',
    sequence_number: '1',
    sub_sequence_number: 0,
    partition_key: key,
    arrived_at: new Date().toISOString(),
    epoch: 1,
    payload: Buffer.from(text).toString('base64'),
    rejected_at: new Date().toISOString(),
    ...change,
  };
  const stream = world.fake.stream('rejects');
  stream.put(stream.shardFor(key), key, Buffer.from(JSON.stringify(letter)).toString('base64'));
}

function redrive(world: ConsumerWorld, ...args: readonly string[]) {
  const ledger = `${world.directory}/redriven.jsonl`;
  const leases = `${world.directory}/leases.json`;
  return runTool([
    'redrive',
    ...args,
    '--rate',
    '10000',
    '--ledger',
    ledger,
    '--lease-file',
    leases,
    ...streamsOf(world),
  ]);
}

function input(world: ConsumerWorld): string[] {
  return world.fake
    .stream('in')
    .shards.flatMap(recordsOf)
    .map(({ data }) => Buffer.from(data).toString());
}

describe('stream redrive', () => {
  test('puts what matches on the input stream with its key, and a group decides it', async () => {
    await using world = await ConsumerWorld.start();
    reject(world, { text: 'a/1', key: 'a' });
    reject(world, { text: 'b/1', key: 'b', code: 'not_json' });
    const processor = new EchoProcessor();
    world.consume({}, { processor });
    const { code, out } = await redrive(world, '--code', 'out_of_range', '--yes');
    expect([code, out]).toEqual([0, expect.stringContaining('1 record put on in, confirmed by Kinesis')]);
    await until('it is decided', () => world.texts().length === 1);
    expect(world.echoes()).toMatchObject([{ text: 'a/1', key: 'a' }]);
  });

  test('a second redrive puts nothing twice', async () => {
    await using world = await ConsumerWorld.start();
    for (const text of ['1', '2', '3']) reject(world, { text });
    expect((await redrive(world, '--limit', '2', '--yes')).out).toContain('2 records put on in');
    expect((await redrive(world, '--yes')).out).toContain('1 record put on in');
    const last = await redrive(world, '--yes');
    expect([last.code, last.out]).toEqual([0, expect.stringContaining('nothing to redrive')]);
    expect(last.out).toContain('skipped: 3 redriven before, by the ledger');
    expect(input(world)).toEqual(['1', '2', '3']);
  });

  test('of two redrives at once, one is refused and names the ledger and the process', async () => {
    await using world = await ConsumerWorld.start();
    const texts = ['1', '2', '3', '4'];
    for (const text of texts) reject(world, { text });
    const runs = await Promise.all([redrive(world, '--yes'), redrive(world, '--yes')]);
    expect(runs.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    expect(runs.map(({ said }) => said).join('')).toMatch(
      new RegExp(`redriven.jsonl: process ${process.pid} redrives with this ledger since 20`),
    );
    expect(input(world)).toEqual(texts);
    expect((await redrive(world, '--yes')).out).toContain('nothing to redrive');
  });

  test('a dry run, or a no, puts nothing', async () => {
    await using world = await ConsumerWorld.start();
    reject(world, { text: 'secret', key: 'person' });
    const run = await redrive(world, '--dry-run');
    expect([run.code, run.questions]).toEqual([0, []]);
    expect(run.out).toMatch(/out_of_range +LoanAmount +1 /);
    expect(`${run.out}${run.said}`).not.toMatch(/secret|person/);
    expect((await redrive(world)).code).toBe(1);
    expect(input(world)).toEqual([]);
  });

  test('skips truncated payloads and records that are no dead letters, and says so', async () => {
    await using world = await ConsumerWorld.start();
    reject(world, { text: 'cut', change: { payload_truncated: true } });
    reject(world, { text: 'odd', change: { decision_id: 'no id' } });
    reject(world, { text: 'whole' });
    const { out } = await redrive(world, '--yes');
    expect(out).toContain('skipped: 1 truncated, and no object has the whole payload');
    expect(out).toContain('skipped: 1 not a dead letter');
    expect(input(world)).toEqual(['whole']);
  });

  describe('a truncated payload with an object', () => {
    const whole = Buffer.alloc(900_000, 'x');
    const change = {
      payload_truncated: true,
      payload_bytes: whole.length,
      payload_sha256: hash('sha256', whole),
      payload_s3_uri: 's3://failures/in/shardId-000000000000/1-0',
    };

    async function redriveObject(stored: Buffer | undefined) {
      await using world = await ConsumerWorld.start();
      await using emulator = await S3Emulator.start('failures');
      if (stored !== undefined) await emulator.put(change.payload_s3_uri, stored);
      reject(world, { text: 'cut', change });
      process.env.AWS_ENDPOINT_URL_S3 = emulator.url;
      try {
        return { ...(await redrive(world, '--yes')), input: input(world) };
      } finally {
        delete process.env.AWS_ENDPOINT_URL_S3;
      }
    }

    test('is put whole', async () => {
      const { code, out, input: payloads } = await redriveObject(whole);
      expect([code, out]).toEqual([
        0,
        expect.stringContaining('to in: 900 kB, at most 10000 a second, about 1 s'),
      ]);
      expect(payloads).toEqual([whole.toString()]);
    });

    test.each([
      ['missing', undefined, /cannot be read: NoSuchKey/],
      ['another', Buffer.from('other'), /does not have the payload_sha256 of the dead letter/],
    ])('stops the redrive if the object is %s', async (_, stored, message) => {
      const { code, said, input: payloads } = await redriveObject(stored);
      expect([code, said]).toEqual([1, expect.stringMatching(message)]);
      expect(payloads).toEqual([]);
    });
  });

  test('through partial failures, throttling and lost connections each letter is put, in order of its key', async () => {
    await using world = await ConsumerWorld.start({ shards: 2 });
    const texts = Array.from({ length: 16 }, (_, index) => `${'ab'[index % 2]}/${index}`);
    for (const text of texts) reject(world, { text, key: text.charAt(0) });
    world.fake.faults = { ...NO_FAULTS, failEntry: 0.3, throttle: 0.1, resetBefore: 0.1 };
    expect((await redrive(world, '--yes')).code).toBe(0);
    for (const key of ['a', 'b']) {
      const put = input(world).filter((text) => text.startsWith(key));
      // A record that overtook a refused record of its key is put again after it.
      expect(put.filter((text, index) => put.lastIndexOf(text) === index)).toEqual(
        texts.filter((it) => it.startsWith(key)),
      );
    }
  }, 60_000);

  test.each([
    [['--limit', '0'], /--limit 0: must be a whole number from 1 on/],
    [['--rate', 'fast'], /--rate fast: must be a whole number/],
    [['--since', 'yesterday'], /--since yesterday: must be a time with its zone/],
    [['--code', 'out_of_rnge'], /--code out_of_rnge: is no rejection code. The codes are not_json, /],
  ])('refuses the command line %j', async (args, message) => {
    await using world = await ConsumerWorld.start();
    const run = await runTool(['redrive', ...args, '--lease-file', 'none', ...streamsOf(world)]);
    expect([run.code, run.said]).toEqual([2, expect.stringMatching(message)]);
  });

  test.each([
    [['--since', '2999-01-01T00:00:00Z'], /--since 2999-01-01T00:00:00Z is \d+ d ahead/],
    [['--shard', '7'], /--shard 7: neither in nor a dead letter has this shard. Known shards: 0$/],
  ])('refuses %j', async (args, message) => {
    await using world = await ConsumerWorld.start();
    reject(world, { text: '1' });
    const run = await redrive(world, ...args, '--yes');
    expect([run.code, run.said]).toEqual([1, expect.stringMatching(message)]);
    expect(input(world)).toEqual([]);
  });

  test('says that no dead letter has the field, and which ledger it uses', async () => {
    await using world = await ConsumerWorld.start();
    reject(world, { text: '1' });
    const mistyped = await redrive(world, '--field', 'LoanAmont', '--yes');
    expect(mistyped.out).toContain('has the field LoanAmont: they have LoanAmount');
    expect((await redrive(world, '--yes')).out).toMatch(/ledger .*redriven.jsonl: new/);
    expect((await redrive(world, '--yes')).out).toMatch(/continued, with 1 dead letter redriven before/);
  });
});
