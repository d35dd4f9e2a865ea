import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, test } from '@jest/globals';
import type { Batch, Outcome, RecordProcessor } from '../../../services/stream/record.ts';
import { keyLane } from '../../../services/stream/shard/lane.ts';
import type { FakeShard } from '../../support/kinesis-fake/fake-shard.ts';
import { ConsumerWorld } from '../../support/stream/consumer-world.ts';
import { until } from '../../support/until.ts';

const MEBIBYTE = 1024 * 1024;
const FILLER = Buffer.alloc(40_000, 'x').toString('base64');
/** The client keeps buffers of up to 32 MiB for its next requests. */
const ALLOWED_BYTES = 36 * MEBIBYTE;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Decides every record with a few bytes, and fails on the key `stuck` for ever. */
class SmallDecisions implements RecordProcessor {
  async process({ records }: Batch): Promise<readonly Outcome[]> {
    if (records.some(({ partitionKey }) => partitionKey === 'stuck')) throw new Error('fails for ever');
    return records.map(({ partitionKey }) => ({ kind: 'decision', partitionKey, data: Buffer.from('{}') }));
  }

  reject(): Outcome {
    throw new Error('no record is given up');
  }

  published(): void {}
}

describe('the memory of buffers', () => {
  let world: ConsumerWorld;
  let before: number;

  afterEach(() => world[Symbol.asyncDispose]());

  async function start(shards: number): Promise<void> {
    world = await ConsumerWorld.start({ shards });
  }

  function consume(environment: Readonly<Record<string, string>> = {}): void {
    collectGarbage();
    before = process.memoryUsage().arrayBuffers;
    world.consume({ MAX_RETRIES: '-1', ...environment }, { processor: new SmallDecisions() });
  }

  /** Puts 4 MB on the shard, and the record of `last` behind them. */
  function fill(shard: FakeShard, last?: string, keys: readonly string[] = ['a', 'b', 'c']): void {
    const stream = world.fake.stream('in');
    for (let index = 0; index < 100; index++) stream.put(shard, keys[index % keys.length] ?? '', FILLER);
    if (last !== undefined) stream.put(shard, last, FILLER);
  }

  const decided = () => world.fake.stream('out').shards.reduce((sum, shard) => sum + shard.all().length, 0);

  /** Buffers are freed by the garbage collector, and by what polls and timers do within a few seconds. */
  const untilFreed = (what: string) =>
    until(
      what,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        collectGarbage();
        return process.memoryUsage().arrayBuffers - before < ALLOWED_BYTES;
      },
      20_000,
    );

  test('is free once a burst of 20 shards is decided', async () => {
    await start(20);
    for (const shard of world.fake.stream('in').shards) fill(shard);
    consume();
    await until('all is decided', () => decided() === 20 * 100, 50_000);
    await untilFreed('80 MB of reads are freed');
  });

  test('holds little more than the record that is tried again, of a whole read', async () => {
    await start(16);
    for (const shard of world.fake.stream('in').shards) fill(shard, 'stuck');
    // The record that fails is alone in its batch.
    consume({ BATCH_SIZE: '10' });
    await until('the others are decided', () => decided() === 16 * 100, 50_000);
    await untilFreed('64 MB of reads are freed');
  });

  test('does not grow behind a stuck lane', async () => {
    await start(1);
    consume({ PARALLELIZATION_FACTOR: '2' });
    const [shard] = world.fake.stream('in').shards as [FakeShard];
    const all = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    const going = all.filter((key) => keyLane(key, 2) !== keyLane('stuck', 2));
    world.fake.stream('in').put(shard, 'stuck', FILLER);
    for (let round = 1; round <= 15; round++) {
      fill(shard, undefined, going);
      await until('the other lane goes on', () => decided() === round * 100, 40_000);
    }
    await untilFreed('60 MB of reads are freed');
  });
});
