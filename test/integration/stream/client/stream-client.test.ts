import { MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseStream } from '../../../../services/shared/stream-reference.ts';
import type { StreamClientOptions } from '../../../../services/stream/client/create-kinesis-client.ts';
import { LeanStreamClient } from '../../../../services/stream/client/lean-stream-client.ts';
import { SdkStreamClient } from '../../../../services/stream/client/sdk-stream-client.ts';
import type {
  IteratorStart,
  PutEntry,
  ReadResult,
  StreamClient,
} from '../../../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../../../services/stream/client/stream-error.ts';
import { HashRanges } from '../../../../services/stream/kpl/hash-ranges.ts';
import type { StreamRecord } from '../../../../services/stream/record.ts';
import { type ConformanceServer, conformanceServers } from '../../../support/stream/conformance-server.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { until } from '../../../support/until.ts';

// The behaviour on which the consumer relies, checked for every client on every server. This also verifies the fake.
const clients: Readonly<Record<string, (options: StreamClientOptions) => StreamClient>> = {
  'the SDK client': (options) => new SdkStreamClient(options),
  'the lean client': (options) => new LeanStreamClient(options),
};
const { signal } = new AbortController();

for (const { name: serverName, unavailable, arns, start, patienceMilliseconds } of conformanceServers) {
  const describeServer = unavailable ? describe.skip : describe;
  describeServer(serverName, () => {
    let server: ConformanceServer;

    beforeAll(async () => {
      server = await start();
    }, 90_000);
    afterAll(async () => server?.[Symbol.asyncDispose](), patienceMilliseconds);

    test(
      'both clients read the same records, and each reads the writes of the other',
      async () => {
        const { options } = server;
        const [sdk, lean] = [new SdkStreamClient(options), new LeanStreamClient(options)];
        const stream = await server.makeStream(1);
        const entries = ['plain', '"quoted" \\ key', 'ключ', 'e\u0301 🙂'].map((partitionKey, index) => ({
          partitionKey,
          data: Uint8Array.from({ length: 255 + index }, (_, byte) => byte),
        }));
        expect(await sdk.put(stream, entries, signal)).toEqual([undefined, undefined, undefined, undefined]);
        expect(await lean.put(stream, entries, signal)).toEqual([undefined, undefined, undefined, undefined]);
        const read = async (client: StreamClient) => {
          const iterator = await client.iterator(
            stream,
            'shardId-000000000000',
            { type: 'TRIM_HORIZON' },
            signal,
          );
          const { records } = await client.read(stream, iterator, 100, signal);
          return records.map((record) => ({ ...record, data: [...record.data] }));
        };
        const records = await read(sdk);
        expect(await read(lean)).toEqual(records);
        const put = [...entries, ...entries].map(({ partitionKey, data }) => ({
          partitionKey,
          data: [...data],
        }));
        expect(records.map(({ partitionKey, data }) => ({ partitionKey, data }))).toEqual(put);
        sdk.close();
        lean.close();
      },
      patienceMilliseconds,
    );

    for (const [clientName, create] of Object.entries(clients)) {
      describe(`through ${clientName}`, () => {
        let client: StreamClient;
        let stream: string;

        beforeAll(() => {
          client = create(server.options);
        });
        afterAll(() => client.close());

        /** Retries while AWS throttles. */
        function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
          const unlessThrottled = (error: unknown) => {
            if (!isStreamError(error, 'throttled')) throw error;
            return false;
          };
          return until(what, () => holds().catch(unlessThrottled), patienceMilliseconds / 2);
        }

        async function putTexts(...texts: string[]): Promise<void> {
          for (const text of texts) {
            const [outcome] = await client.put(
              stream,
              [{ partitionKey: 'key', data: Buffer.from(text) }],
              signal,
            );
            expect(outcome).toBeUndefined();
          }
        }

        async function readTexts(shardId: string, from: IteratorStart, count: number): Promise<string[]> {
          const texts: string[] = [];
          let iterator: string | undefined = await client.iterator(stream, shardId, from, signal);
          await eventually(`${count} records`, async () => {
            if (iterator === undefined) return true;
            const result = await client.read(stream, iterator, 1000, signal);
            texts.push(...result.records.map(textOf));
            iterator = result.nextIterator;
            return texts.length >= count;
          });
          return texts;
        }

        test(
          'describes the stream and its shards',
          async () => {
            stream = await server.makeStream(2);
            const description = await client.describe(stream, signal);
            expect(description.retentionMilliseconds).toBe(24 * 3_600_000);
            const shards = await client.listShards(stream, signal);
            expect(shards).toMatchObject([
              { shardId: 'shardId-000000000000', parents: [], closed: false, hashRange: { start: '0' } },
              { shardId: 'shardId-000000000001', hashRange: { end: String(2n ** 128n - 1n) } },
            ]);
          },
          patienceMilliseconds,
        );

        test(
          'reads the records that were put, in order, from every kind of start',
          async () => {
            stream = await server.makeStream(1);
            const shardId = 'shardId-000000000000';
            await putTexts('a', 'b', 'ü');
            const iterator = await client.iterator(stream, shardId, { type: 'TRIM_HORIZON' }, signal);
            const { records, nextIterator } = await client.read(stream, iterator, 1000, signal);
            expect(records.map(textOf)).toEqual(['a', 'b', 'ü']);
            expect(nextIterator).toEqual(expect.any(String));
            const [a, b] = records;
            expect(a).toMatchObject({ partitionKey: 'key', subSequenceNumber: 0 });
            expect(Math.abs(Date.now() - (a?.arrivalMilliseconds ?? 0))).toBeLessThan(60_000);
            const sequenceNumber = b?.sequenceNumber ?? '';
            expect(await readTexts(shardId, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber }, 2)).toEqual([
              'b',
              'ü',
            ]);
            expect(await readTexts(shardId, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }, 1)).toEqual([
              'ü',
            ]);
            const early = { type: 'AT_TIMESTAMP', atMilliseconds: Date.now() - 60_000 } as const;
            expect(await readTexts(shardId, early, 3)).toEqual(['a', 'b', 'ü']);
          },
          patienceMilliseconds,
        );

        test(
          'begins at a time since which no record arrived, and reads the records that follow',
          async () => {
            stream = await server.makeStream(1);
            const [shard] = await client.listShards(stream, signal);
            const shardId = shard?.shardId ?? '';
            await putTexts('old');
            const madeAt = Date.now();
            await until('the old record is in the past', () => Date.now() > madeAt + 1_500);
            const start = { type: 'AT_TIMESTAMP', atMilliseconds: Date.now() - 200 } as const;
            const iterator = await client.iterator(stream, shardId, start, signal);
            await putTexts('new');
            const texts: string[] = [];
            let next: string | undefined = iterator;
            await until(
              'the new record is read',
              async () => {
                const read: ReadResult = await client.read(stream, next ?? '', 1000, signal);
                texts.push(...read.records.map(textOf));
                next = read.nextIterator;
                return texts.length > 0;
              },
              patienceMilliseconds,
            );
            expect(texts).toEqual(['new']);
          },
          patienceMilliseconds,
        );

        (arns ? test : test.skip)(
          'does all of it with a stream that is given by ARN',
          async () => {
            const name = await server.makeStream(2);
            stream = (await client.describe(name, signal)).arn;
            expect(parseStream(stream)).toMatchObject({ name, home: { region: server.options.region } });
            expect((await client.describe(stream, signal)).arn).toBe(stream);
            const shards = await client.listShards(stream, signal);
            expect(shards).toEqual(await client.listShards(name, signal));
            await putTexts('a', 'b');
            const [placement] = await client.place(
              stream,
              [{ partitionKey: 'key', data: Buffer.from('c') }],
              signal,
            );
            const shardId = placement !== undefined && 'shardId' in placement ? placement.shardId : '';
            expect(await readTexts(shardId, { type: 'TRIM_HORIZON' }, 3)).toEqual(['a', 'b', 'c']);
          },
          patienceMilliseconds,
        );

        test(
          'reads no more records than the limit',
          async () => {
            stream = await server.makeStream(1);
            await putTexts('a', 'b', 'c');
            const iterator = await client.iterator(
              stream,
              'shardId-000000000000',
              { type: 'TRIM_HORIZON' },
              signal,
            );
            const first = await client.read(stream, iterator, 2, signal);
            expect(first.records.map(textOf)).toEqual(['a', 'b']);
            const second = await client.read(stream, first.nextIterator ?? '', 2, signal);
            expect(second.records.map(textOf)).toEqual(['c']);
          },
          patienceMilliseconds,
        );

        test(
          'ends a closed shard without a further iterator, and names the parents of its children',
          async () => {
            stream = await server.makeStream(1);
            await putTexts('before');
            const split = { StreamName: stream, ShardToSplit: 'shardId-000000000000' };
            await server.control.send(
              new SplitShardCommand({ ...split, NewStartingHashKey: String(2n ** 127n) }),
            );
            await eventually('a closed parent and two children', async () => {
              const shards = await client.listShards(stream, signal);
              return shards.length === 3 && shards[0]?.closed === true;
            });
            const [parent, ...children] = await client.listShards(stream, signal);
            expect(parent?.closed).toBe(true);
            expect(children.map((child) => child.parents)).toEqual([
              ['shardId-000000000000'],
              ['shardId-000000000000'],
            ]);
            const iterator = await client.iterator(
              stream,
              'shardId-000000000000',
              { type: 'TRIM_HORIZON' },
              signal,
            );
            let next: string | undefined = iterator;
            const texts: string[] = [];
            await eventually('the end of the shard', async () => {
              const result = await client.read(stream, next ?? '', 1000, signal);
              texts.push(...result.records.map(textOf));
              next = result.nextIterator;
              return next === undefined;
            });
            expect(texts).toEqual(['before']);
            const [left, right] = children.map((child) => child.shardId);
            const merge = { StreamName: stream, ShardToMerge: left, AdjacentShardToMerge: right };
            // Until the split is complete, the stream is UPDATING and refuses the merge.
            await eventually('the stream takes a merge', () =>
              server.control.send(new MergeShardsCommand(merge)).then(
                () => true,
                () => false,
              ),
            );
            await eventually(
              'the merged shard',
              async () => (await client.listShards(stream, signal)).length === 4,
            );
            const merged = (await client.listShards(stream, signal)).at(-1);
            expect([...(merged?.parents ?? [])].sort()).toEqual([left, right]);
          },
          patienceMilliseconds,
        );

        test(
          'reports the kind of an error',
          async () => {
            const missing = client.listShards('no-such-stream', signal);
            await expect(missing).rejects.toMatchObject({ name: 'StreamError', kind: 'not_found' });
            stream = await server.makeStream(1);
            const unknownShard = client.iterator(stream, 'shardId-000000000009', { type: 'LATEST' }, signal);
            await expect(unknownShard).rejects.toMatchObject({ kind: 'not_found' });
            // kinesis-local accepts any sequence number.
            if (serverName === 'kinesis-local') return;
            const foreign = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: '1' } as const;
            const foreignNumber = client.iterator(stream, 'shardId-000000000000', foreign, signal);
            await expect(foreignNumber).rejects.toMatchObject({ kind: 'invalid' });
          },
          patienceMilliseconds,
        );

        test(
          'places every entry in the shard of its key',
          async () => {
            stream = await server.makeStream(3);
            const entries = Array.from({ length: 50 }, (_, index) => ({
              partitionKey: `key-${index}`,
              data: Buffer.from('x'),
            }));
            const placements = await client.place(stream, entries, signal);
            const ranges = new HashRanges(await client.listShards(stream, signal));
            expect(placements).toEqual(
              entries.map(({ partitionKey }) => ({
                shardId: ranges.shardOf(partitionKey),
                sequenceNumber: expect.stringMatching(/^\d+$/),
              })),
            );
          },
          patienceMilliseconds,
        );

        test(
          'keeps the data of concurrent calls apart, even if some are aborted',
          async () => {
            stream = await server.makeStream(1);
            const writers = Array.from({ length: 8 }, (_, writer) =>
              Array.from({ length: 10 }, (_, index) => ({
                partitionKey: `${writer}-${index}`,
                data: Buffer.alloc(9_000 + writer, writer),
              })),
            );
            const put = async (entries: readonly PutEntry[], writer: number): Promise<string[]> => {
              const outcomes = await client
                .put(stream, entries, writer % 4 === 3 ? AbortSignal.timeout(2) : signal)
                .catch(() => undefined);
              if (outcomes === undefined) return [];
              return entries
                .filter((_, index) => outcomes[index] === undefined)
                .map(({ partitionKey }) => partitionKey);
            };
            const confirmed = (await Promise.all(writers.map(put))).flat();
            expect(confirmed.length).toBeGreaterThan(0);
            const start = { type: 'TRIM_HORIZON' } as const;
            const readAll = async (): Promise<readonly StreamRecord[]> => {
              const records: StreamRecord[] = [];
              let iterator: string | undefined = await client.iterator(
                stream,
                'shardId-000000000000',
                start,
                signal,
              );
              await eventually('all that was confirmed', async () => {
                const read: ReadResult = await client.read(stream, iterator ?? '', 20, signal);
                records.push(...read.records);
                iterator = read.nextIterator;
                return confirmed.every((key) => records.some(({ partitionKey }) => partitionKey === key));
              });
              return records;
            };
            for (const { partitionKey, data } of (await Promise.all([readAll(), readAll()])).flat()) {
              const writer = Number(partitionKey.split('-')[0]);
              expect(Buffer.compare(data, Buffer.alloc(9_000 + writer, writer))).toBe(0);
            }
          },
          patienceMilliseconds,
        );

        test('rejects with the reason of an abort', async () => {
          const reason = new Error('enough');
          await expect(client.listShards(stream, AbortSignal.abort(reason))).rejects.toBe(reason);
        });
      });
    }
  });
}
