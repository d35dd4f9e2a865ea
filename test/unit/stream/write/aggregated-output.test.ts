import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { PutEntry, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../../services/stream/client/stream-error.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { AggregatedOutput } from '../../../../services/stream/write/aggregated-output.ts';
import { PendingEntries } from '../../../../services/stream/write/pending-entries.ts';
import { RecordWriter } from '../../../../services/stream/write/record-writer.ts';
import type { FakeShard } from '../../../support/kinesis-fake/fake-shard.ts';
import { FakeStream } from '../../../support/kinesis-fake/fake-stream.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { fakeOutputClient, ownRecordsOf, recordsOf } from '../../../support/stream/fake-output.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
/** Every wait ends at once. */
const IMPATIENT = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
const held = { signal: new AbortController().signal, assertHeld: () => {} };

function entries(keys: readonly string[]): PutEntry[] {
  return keys.map((partitionKey, index) => ({ partitionKey, data: Buffer.from(String(index)) }));
}

function outputOn(client: Pick<StreamClient, 'listShards' | 'place'>): AggregatedOutput {
  return new AggregatedOutput(client as StreamClient, 'out');
}

function writerOn(client: Pick<StreamClient, 'listShards' | 'place'>): RecordWriter {
  return new RecordWriter({
    output: outputOn(client),
    clock: IMPATIENT,
    retryLog: new RetryLog(logger, IMPATIENT),
    health: new StreamHealth(() => {}, logger),
    metrics: createStreamMetrics(new Registry()),
  });
}

const MANY_KEYS = Array.from({ length: 200 }, (_, index) => `key-${index}`);

describe('aggregated output', () => {
  test('stores one record for each shard, every entry under its own key', async () => {
    const stream = new FakeStream('out', 4, () => 0);
    const report = await outputOn(fakeOutputClient(stream)).put(new PendingEntries(entries(MANY_KEYS)), held);
    expect(report.stored.length).toBe(200);
    expect(stream.shards.map((shard) => shard.all().length)).toEqual([1, 1, 1, 1]);
    const seen = stream.shards.flatMap(ownRecordsOf);
    expect(seen).toHaveLength(200);
    expect(seen.every((record) => record.partitionKey === `key-${textOf(record)}`)).toBe(true);
  });

  test('an entry that is alone is stored without an aggregate', async () => {
    const stream = new FakeStream('out', 1, () => 0);
    await outputOn(fakeOutputClient(stream)).put(new PendingEntries(entries(['a'])), held);
    expect(JSON.parse(stream.shards[0]?.all()[0]?.json ?? '')).toMatchObject({
      PartitionKey: 'a',
      Data: Buffer.from('0').toString('base64'),
    });
  });

  test('entries are confirmed only with their aggregate, and do not wait for other aggregates', async () => {
    const stream = new FakeStream('out', 2, () => 0);
    const refused = stream.shardFor('key-0').span.shardId;
    let refusals = 1;
    const client = fakeOutputClient(
      stream,
      ({ partitionKey }) => stream.shardFor(partitionKey).span.shardId === refused && refusals-- > 0,
    );
    const all = entries(MANY_KEYS);
    const { stored, tried, refusals: codes } = await outputOn(client).put(new PendingEntries(all), held);
    const expected = MANY_KEYS.filter((key) => stream.shardFor(key).span.shardId !== refused);
    expect(stored.map((index) => all[index]?.partitionKey)).toEqual(expected);
    expect(tried).toBe(200);
    expect(codes).toMatchObject([{ code: 'InternalFailure' }]);
  });

  test('after a split meanwhile, only entries in the shard of their key are confirmed; the others are put again', async () => {
    const stream = new FakeStream('out', 1, () => 0);
    const client = fakeOutputClient(stream);
    const output = outputOn(client);
    await output.put(new PendingEntries(entries(['a'])), held);
    stream.split('shardId-000000000000', 2n ** 127n);
    const all = entries(MANY_KEYS);
    const first = stream.shardFor('key-0').span.shardId;
    const { stored } = await output.put(new PendingEntries(all), held);
    const isFirst = (key: string) => stream.shardFor(key).span.shardId === first;
    expect(stored.map((index) => MANY_KEYS[index])).toEqual(MANY_KEYS.filter(isFirst));
    const rest = await output.put(
      new PendingEntries(all.filter((_, index) => !stored.includes(index))),
      held,
    );
    expect(rest.stored.length).toBe(200 - stored.length);
    expect(stream.shards.flatMap(ownRecordsOf)).toHaveLength(201);
  });

  test('a merge meanwhile costs nothing', async () => {
    const stream = new FakeStream('out', 2, () => 0);
    const output = outputOn(fakeOutputClient(stream));
    await output.put(new PendingEntries(entries(['a'])), held);
    stream.merge('shardId-000000000000', 'shardId-000000000001');
    const { stored } = await output.put(new PendingEntries(entries(MANY_KEYS)), held);
    expect(stored.length).toBe(200);
  });

  test('if the shards cannot be listed after a split, misplaced entries are put again', async () => {
    const stream = new FakeStream('out', 1, () => 0);
    const client = fakeOutputClient(stream);
    let lists = 0;
    const output = outputOn({
      ...client,
      listShards: (...given) => {
        if (++lists === 2) throw new StreamError('throttled', 'slow down');
        return client.listShards(...given);
      },
    });
    await output.put(new PendingEntries(entries(['a'])), held);
    stream.split('shardId-000000000000', 2n ** 127n);
    expect((await output.put(new PendingEntries(entries(MANY_KEYS)), held)).stored.length).toBe(0);
    expect((await output.put(new PendingEntries(entries(MANY_KEYS)), held)).stored.length).toBe(200);
    expect(lists).toBe(3);
  });

  test('checks the right to write after it has listed the shards', async () => {
    const stream = new FakeStream('out', 1, () => 0);
    const lost = new Error('lost');
    const losing = {
      ...held,
      assertHeld: () => {
        throw lost;
      },
    };
    await expect(
      outputOn(fakeOutputClient(stream)).put(new PendingEntries(entries(['a'])), losing),
    ).rejects.toBe(lost);
    expect(stream.shards.flatMap(recordsOf)).toEqual([]);
  });

  test('whatever fails and however the stream is resharded, a consumer that drops foreign entries gets each entry once, in order', async () => {
    const keys = fc.array(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 60 });
    const mishap = fc.constantFrom('none', 'none', 'refuse', 'fail', 'split', 'merge');
    await fc.assert(
      fc.asyncProperty(keys, fc.array(mishap, { maxLength: 30 }), async (list, mishaps) => {
        const stream = new FakeStream('out', 2, () => 0);
        const next = mishaps.values();
        const client = fakeOutputClient(stream, () => next.next().value === 'refuse');
        const writer = writerOn({
          ...client,
          place: (...given) => {
            const now = next.next().value;
            if (now === 'fail') throw new StreamError('unavailable', 'reset');
            if (now === 'split') split(stream);
            if (now === 'merge') merge(stream);
            return client.place(...given);
          },
        });
        const given = entries(list);
        // Several writes, so that the shards are known from the write before.
        for (let from = 0; from < given.length; from += 10)
          await writer.write(given.slice(from, from + 10), held);
        const expected = (key: string) => list.flatMap((it, index) => (it === key ? [String(index)] : []));
        // Parents come before their children.
        const seen = stream.shards.flatMap(ownRecordsOf);
        for (const key of new Set(list)) {
          expect(seen.filter((it) => it.partitionKey === key).map(textOf)).toEqual(expected(key));
        }
      }),
    );
  });
});

function split(stream: FakeStream): void {
  const { shardId, startHash, endHash } = (stream.openShards[0] as FakeShard).span;
  stream.split(shardId, (startHash + endHash) / 2n);
}

function merge(stream: FakeStream): void {
  const [low, high] = [...stream.openShards].sort((a, b) => (a.span.startHash < b.span.startHash ? -1 : 1));
  if (low && high) stream.merge(low.span.shardId, high.span.shardId);
}
