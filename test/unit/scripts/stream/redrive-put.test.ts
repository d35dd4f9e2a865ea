import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RedrivePut } from '../../../../scripts/stream/redrive/redrive-put.ts';
import type { StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { type Mishap, PlayedStream } from '../../../support/stream/played-stream.ts';

interface Entry {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly number: number;
}

const MISHAPS: fc.Arbitrary<Mishap[]> = fc.array(
  fc.record({
    call: fc.constantFrom('none', 'none', 'lost before', 'lost after', 'shuffled'),
    refused: fc.oneof(fc.constant([]), fc.array(fc.boolean(), { maxLength: 20 })),
  }),
  { maxLength: 10 },
);

function entriesOf(keys: readonly string[]): Entry[] {
  return keys.map((partitionKey, number) => ({ partitionKey, data: Buffer.of(number >> 8, number), number }));
}

/** Puts the entries, and says which Kinesis stored and which were noted as stored. Every wait is over at once. */
async function put(entries: readonly Entry[], mishaps: readonly Mishap[]) {
  const stream = new PlayedStream(mishaps);
  const noted: Entry[] = [];
  let waits = 0;
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: async () => {
      waits++;
    },
  };
  const client = stream as unknown as StreamClient;
  await new RedrivePut({ client, clock, signal: new AbortController().signal }, 'in').put(
    entries,
    async (stored) => {
      noted.push(...stored);
    },
  );
  return { stored: stream.stored as Entry[], noted, requests: stream.requests, waits };
}

const ofKey = (entries: readonly Entry[], key: string) =>
  entries.filter(({ partitionKey }) => partitionKey === key).map(({ number }) => number);

describe('a redrive', () => {
  test('notes each record once, and keeps the order of each key, whatever Kinesis refuses, loses or shuffles', async () => {
    const keys = fc.array(fc.constantFrom('a', 'a', 'a', 'b', 'c'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(keys, MISHAPS, async (given, mishaps) => {
        const entries = entriesOf(given);
        const { stored, noted } = await put(entries, mishaps);
        expect(noted).toHaveLength(entries.length);
        for (const key of ['a', 'b', 'c']) {
          const all = ofKey(entries, key);
          expect(ofKey(noted, key)).toEqual(all);
          const numbers = ofKey(stored, key);
          expect(numbers.filter((it, index) => numbers.lastIndexOf(it) === index)).toEqual(all);
        }
      }),
    );
  });

  test('puts many records of one key in few calls, each record once and without a wait', async () => {
    const entries = entriesOf(Array.from({ length: 500 }, () => 'one'));
    const { stored, requests, waits } = await put(entries, []);
    expect(stored).toEqual(entries);
    expect(requests.length).toBeLessThanOrEqual(6);
    expect(waits).toBe(0);
  });

  test('puts a few records of a key one by one, so that none overtakes another', async () => {
    const refused = { call: 'none' as const, refused: [true] };
    const { stored } = await put(entriesOf(['a', 'b', 'a', 'a']), [refused, refused]);
    expect(ofKey(stored, 'a')).toEqual([0, 2, 3]);
  });

  test('ends after 12 calls that stored nothing', async () => {
    const lost = { call: 'lost before' as const, refused: [] };
    await expect(put(entriesOf(['a']), Array(12).fill(lost))).rejects.toThrow(
      'in stored nothing in 12 tries',
    );
    expect((await put(entriesOf(['a']), Array(11).fill(lost))).stored).toHaveLength(1);
  });
});
