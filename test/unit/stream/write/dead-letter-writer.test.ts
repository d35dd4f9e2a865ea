import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLogger } from '../../../../services/shared/logging.ts';
import type { PutEntry, StreamClient } from '../../../../services/stream/client/stream-client.ts';
import { createStreamMetrics } from '../../../../services/stream/metrics.ts';
import type { Outcome, StoredObject } from '../../../../services/stream/record.ts';
import { RetryLog } from '../../../../services/stream/retry-log.ts';
import { StreamHealth } from '../../../../services/stream/stream-health.ts';
import { DeadLetterWriter } from '../../../../services/stream/write/dead-letter-writer.ts';
import { ObjectWriter } from '../../../../services/stream/write/object-writer.ts';
import { RecordWriter } from '../../../../services/stream/write/record-writer.ts';
import { UnorderedOutput } from '../../../../services/stream/write/unordered-output.ts';

const held = { signal: new AbortController().signal, assertHeld: () => {} };

function letter(key: string, withObject = false): Outcome {
  const object = { uri: `s3://bucket/${key}`, data: Buffer.from(key), sha256: '' };
  return {
    kind: 'rejection',
    partitionKey: key,
    data: Buffer.from(key),
    ...(withObject ? { object } : {}),
  };
}

/** Notes each object that is stored and each record that is put, in order. */
function writerOn(storing: (object: StoredObject) => Promise<void>) {
  const events: string[] = [];
  const logger = createLogger({ component: 'test', level: 'silent' });
  const metrics = createStreamMetrics(new Registry());
  // Every wait ends at once.
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
  const health = new StreamHealth(() => {}, logger);
  const shared = { clock, retryLog: new RetryLog(logger, clock), health, metrics };
  const client = {
    put: async (_stream: string, entries: readonly PutEntry[]) => {
      events.push(...entries.map(({ partitionKey }) => `record ${partitionKey}`));
      return entries.map(() => undefined);
    },
  };
  const output = new UnorderedOutput(client as unknown as StreamClient, 'rejects');
  const store = {
    put: async (object: StoredObject) => {
      await storing(object);
      events.push(`object ${object.uri}`);
    },
    close: () => {},
  };
  const writer = new DeadLetterWriter({
    records: new RecordWriter({ output, ...shared }),
    objects: new ObjectWriter({ store, prefix: 's3://bucket', ...shared }),
  });
  return { writer, events, metrics, health };
}

describe('dead letter writer', () => {
  test('stores every object before it puts a record that names one; other records do not wait', async () => {
    const stored = Promise.withResolvers<void>();
    const { writer, events } = writerOn(() => stored.promise);
    const written = writer.write([letter('a', true), letter('b'), letter('c', true)], held);
    await new Promise(setImmediate);
    expect(events).toEqual(['record b']);
    stored.resolve();
    await written;
    expect(events).toEqual([
      'record b',
      'object s3://bucket/a',
      'object s3://bucket/c',
      'record a',
      'record c',
    ]);
  });

  test('tries until the object is stored, and tells of it meanwhile', async () => {
    let failures = 3;
    const messages: string[] = [];
    const { writer, events, metrics, health } = writerOn(async () => {
      if (failures-- > 0) throw new Error('AccessDenied');
      messages.push(health.message);
    });
    await writer.write([letter('a', true)], held);
    expect(events).toEqual(['object s3://bucket/a', 'record a']);
    expect(messages).toEqual(['AccessDenied (trying again)']);
    expect(health.message).toBe('');
    expect((await metrics.retries.get()).values).toMatchObject([
      { labels: { operation: 'PutObject' }, value: 3 },
    ]);
    expect((await metrics.objectsWritten.get()).values).toMatchObject([{ value: 1 }]);
  });

  test('gives up once the lease is lost, and puts nothing', async () => {
    let rights = 2;
    const losing = {
      ...held,
      assertHeld: () => {
        if (rights-- <= 0) throw new Error('lost');
      },
    };
    const { writer, events } = writerOn(async () => {
      throw new Error('AccessDenied');
    });
    await expect(writer.write([letter('a', true)], losing)).rejects.toThrow('lost');
    expect(events).toEqual([]);
  });
});
