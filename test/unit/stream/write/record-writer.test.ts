import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { PutEntry, PutRefusal, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { PlainOutput } from '../../../../services/stream/write/plain-output.ts';
import { RecordWriter } from '../../../../services/stream/write/record-writer.ts';

type Put = (entries: readonly PutEntry[]) => readonly (PutRefusal | undefined)[];

const logger = createLogger({ component: 'test', level: 'silent' });
/** Every wait ends at once. */
const IMPATIENT = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
const { signal } = new AbortController();
const held = { signal, assertHeld: () => {} };
const refusal: PutRefusal = { code: 'InternalFailure', message: '' };

function writerOn(put: Put) {
  const client = { put: async (_stream: string, entries: readonly PutEntry[]) => put(entries) };
  return new RecordWriter({
    output: new PlainOutput(client as unknown as StreamClient, 'out'),
    clock: IMPATIENT,
    retryLog: new RetryLog(logger, IMPATIENT),
    health: new StreamHealth(() => {}, logger),
    metrics: createStreamMetrics(new Registry()),
  });
}

function entries(...keys: readonly string[]): PutEntry[] {
  return keys.map((partitionKey, index) => ({ partitionKey, data: Uint8Array.of(index) }));
}

describe('record writer', () => {
  test('retries only the entries that failed', async () => {
    const calls: string[][] = [];
    const writer = writerOn((batch) => {
      calls.push(batch.map(({ partitionKey }) => partitionKey));
      return batch.map(({ partitionKey }) =>
        calls.length === 1 && partitionKey === 'b' ? refusal : undefined,
      );
    });
    await writer.write(entries('a', 'b', 'c'), held);
    expect(calls).toEqual([['a', 'b', 'c'], ['b']]);
  });

  test('checks the right to write before every request', async () => {
    let rights = 2;
    let calls = 0;
    const writer = writerOn((batch) => {
      calls++;
      return batch.map(() => refusal);
    });
    const losing = {
      signal,
      assertHeld: () => {
        if (rights-- <= 0) throw new Error('lost');
      },
    };
    await expect(writer.write(entries('a'), losing)).rejects.toThrow('lost');
    expect(calls).toBe(2);
  });
});
