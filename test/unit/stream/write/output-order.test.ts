import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { PutEntry, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { createStreamMetrics, type StreamMetrics } from '../../../../services/stream/metrics.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import type { Output } from '../../../../services/stream/write/output.ts';
import { HOT_KEY_ENTRIES } from '../../../../services/stream/write/pending-entries.ts';
import { PlainOutput } from '../../../../services/stream/write/plain-output.ts';
import { RecordWriter } from '../../../../services/stream/write/record-writer.ts';
import { UnorderedOutput } from '../../../../services/stream/write/unordered-output.ts';
import { type Mishap, PlayedStream } from '../../../support/stream/played-stream.ts';

const held = { signal: new AbortController().signal, assertHeld: () => {} };
const KILOBYTE = 1024;

interface Given {
  readonly key: string;
  readonly kilobytes: number;
}

/** Batches in which no key, one key or every key is hot, with a few large entries. */
const BATCH: fc.Arbitrary<Given[]> = fc.constantFrom(1, 3, 40).chain((keys) =>
  fc.array(
    fc.record({
      key: fc.nat({ max: keys - 1 }).map((number) => `key-${number}`),
      kilobytes: fc.oneof(
        { weight: 20, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.nat({ max: 1_000 }) },
      ),
    }),
    { maxLength: 120 },
  ),
);

/** What happens to a request, and whether each of its entries is refused. */
const MISHAPS: fc.Arbitrary<Mishap[]> = fc.array(
  fc.record({
    call: fc.constantFrom('none', 'none', 'none', 'lost before', 'lost after', 'shuffled'),
    refused: fc.oneof(
      fc.constant([]),
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.constant(Array.from({ length: 500 }, () => true)),
    ),
  }),
  { maxLength: 25 },
);

function entriesOf(batch: readonly Given[]): PutEntry[] {
  return batch.map(({ key, kilobytes }, index) => {
    const data = Buffer.alloc(4 + kilobytes * KILOBYTE);
    data.writeUInt32BE(index);
    return { partitionKey: key, data };
  });
}

function writerTo(output: Output, metrics: StreamMetrics = createStreamMetrics(new Registry())) {
  const logger = createLogger({ component: 'test', level: 'silent' });
  const health = new StreamHealth(() => {}, logger);
  // Every wait ends at once.
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
  return new RecordWriter({ output, clock, retryLog: new RetryLog(logger, clock), health, metrics });
}

async function write(
  entries: readonly PutEntry[],
  mishaps: readonly Mishap[],
  Kind: typeof PlainOutput | typeof UnorderedOutput = PlainOutput,
) {
  const stream = new PlayedStream(mishaps);
  const metrics = createStreamMetrics(new Registry());
  await writerTo(new Kind(stream as unknown as StreamClient, 'out'), metrics).write(entries, held);
  return { stream, metrics };
}

function numbersOf(entries: readonly PutEntry[], key: string): number[] {
  return entries
    .filter(({ partitionKey }) => partitionKey === key)
    .map(({ data }) => Buffer.from(data).readUInt32BE());
}

const isFirst = (number: number, index: number, all: readonly number[]) => all.indexOf(number) === index;
const isLast = (number: number, index: number, all: readonly number[]) => all.lastIndexOf(number) === index;

describe('order of an output', () => {
  test('whatever Kinesis refuses, loses or shuffles, the last appearances of every key are all its entries in order', async () => {
    await fc.assert(
      fc.asyncProperty(BATCH, MISHAPS, async (batch, mishaps) => {
        const entries = entriesOf(batch);
        const { stream, metrics } = await write(entries, mishaps);
        for (const key of new Set(batch.map((it) => it.key))) {
          expect(numbersOf(stream.stored, key).filter(isLast)).toEqual(numbersOf(entries, key));
        }
        const written = await metrics.recordsWritten.get();
        expect(written.values[0]?.value ?? 0).toBe(entries.length);
      }),
    );
  });

  test('the first appearances of a key that is not hot are in order too', async () => {
    await fc.assert(
      fc.asyncProperty(BATCH, MISHAPS, async (batch, mishaps) => {
        const entries = entriesOf(batch);
        const { stream } = await write(entries, mishaps);
        for (const key of new Set(batch.map((it) => it.key))) {
          const numbers = numbersOf(entries, key);
          if (numbers.length > HOT_KEY_ENTRIES) continue;
          expect(numbersOf(stream.stored, key).filter(isFirst)).toEqual(numbers);
        }
      }),
    );
  });

  test('every request keeps to the limits, and every request without a mishap confirms something', async () => {
    await fc.assert(
      fc.asyncProperty(BATCH, MISHAPS, async (batch, mishaps) => {
        const { stream } = await write(entriesOf(batch), mishaps);
        for (const { entries, bytes } of stream.requests) {
          expect(entries).toBeLessThanOrEqual(500);
          expect(bytes <= 5 * 1024 * KILOBYTE || entries === 1).toBe(true);
        }
        expect(stream.requests.length).toBeLessThanOrEqual(batch.length + mishaps.length);
      }),
    );
  });

  test('of a hot key, no more entries are put again than were put, and each mishap may add one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(10, 20, 40, 2_000), MISHAPS, async (count, mishaps) => {
        const entries = entriesOf(Array.from({ length: count }, () => ({ key: 'same', kilobytes: 0 })));
        const { stream } = await write(entries, mishaps);
        expect(stream.stored.length).toBeLessThanOrEqual(2 * count + 8 + mishaps.length);
      }),
    );
  });

  test('2,000 entries of one key need 10 requests, and repeat nothing', async () => {
    const entries = entriesOf(Array.from({ length: 2_000 }, () => ({ key: 'same', kilobytes: 0 })));
    const { stream } = await write(entries, []);
    expect(stream.requests.map((request) => request.entries)).toEqual([
      8, 16, 32, 64, 128, 256, 500, 500, 496,
    ]);
    expect(stream.stored).toEqual(entries);
  });

  test('after a run was broken or may have been, the key begins again with one entry a request', async () => {
    const entries = entriesOf(Array.from({ length: 20 }, () => ({ key: 'same', kilobytes: 0 })));
    const sizes = async (mishap: Mishap) =>
      (await write(entries, [mishap])).stream.requests.map((request) => request.entries);
    expect(await sizes({ call: 'none', refused: [false, true] })).toEqual([8, 1, 2, 4, 8, 4]);
    expect(await sizes({ call: 'lost after', refused: [] })).toEqual([8, 1, 2, 4, 8, 5]);
    // Nothing overtook the refused end of this run.
    const end = [false, false, false, false, false, false, true, true];
    expect(await sizes({ call: 'none', refused: end })).toEqual([8, 8, 6]);
  });

  test('stored entries that overtook a refused entry are counted', async () => {
    const entries = entriesOf(Array.from({ length: 8 }, () => ({ key: 'same', kilobytes: 0 })));
    const { stream, metrics } = await write(entries, [{ call: 'none', refused: [false, true] }]);
    expect(numbersOf(stream.stored, 'same')).toEqual([0, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7]);
    const { values } = await metrics.overtakingWrites.get();
    expect(values).toMatchObject([{ labels: { stream: 'out' }, value: 6 }]);
  });
});

describe('output without order', () => {
  test('fills each request whatever the keys, and puts only what was refused again', async () => {
    const entries = entriesOf(Array.from({ length: 1_200 }, () => ({ key: 'same', kilobytes: 0 })));
    const refused = [true, false, true];
    const { stream } = await write(entries, [{ call: 'none', refused }], UnorderedOutput);
    expect(stream.requests.map((request) => request.entries)).toEqual([500, 500, 202]);
    expect(stream.stored).toHaveLength(1_200);
  });

  test('whatever fails, everything is stored, and every request keeps to the limits', async () => {
    await fc.assert(
      fc.asyncProperty(BATCH, MISHAPS, async (batch, mishaps) => {
        const entries = entriesOf(batch);
        const { stream } = await write(entries, mishaps, UnorderedOutput);
        expect(new Set(stream.stored)).toEqual(new Set(entries));
        const lost = mishaps.some(({ call }) => call === 'lost after');
        if (!lost) expect(stream.stored).toHaveLength(entries.length);
        for (const request of stream.requests) {
          expect(request.entries).toBeLessThanOrEqual(500);
          expect(request.bytes <= 5 * 1024 * KILOBYTE || request.entries === 1).toBe(true);
        }
      }),
    );
  });
});
