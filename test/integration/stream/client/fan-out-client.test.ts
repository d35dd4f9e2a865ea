import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import {
  DeregisterStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { emulatorCredentials } from '../../../../scripts/stack/kinesis-endpoint.ts';
import type { FanOutEvent } from '../../../../services/stream/client/fan-out-client.ts';
import { SdkFanOutClient } from '../../../../services/stream/client/sdk-fan-out-client.ts';
import type { IteratorStart } from '../../../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../../../services/stream/client/stream-error.ts';
import {
  type ConformanceServer,
  conformanceServers,
  fakeOverHttp2,
} from '../../../support/stream/conformance-server.ts';
import { textOf } from '../../../support/stream/echo-processor.ts';
import { until } from '../../../support/until.ts';

const SHARD = 'shardId-000000000000';
const HORIZON: IteratorStart = { type: 'TRIM_HORIZON' };
const { signal } = new AbortController();

// The behaviour on which the fan-out reader relies, checked on every server that has fan-out.
for (const target of [fakeOverHttp2, ...conformanceServers.filter(({ fanOut }) => fanOut)]) {
  const describeServer = target.unavailable ? describe.skip : describe;
  describeServer(`fan-out of ${target.name}`, () => {
    const patience = target.patienceMilliseconds;
    let server: ConformanceServer;
    let client: SdkFanOutClient;
    let stream: string;
    let streamArn: string;
    let consumerArn: string;

    beforeAll(async () => {
      server = await target.start();
      client = new SdkFanOutClient(server.options);
    }, 90_000);
    afterAll(async () => {
      client?.close();
      await server?.[Symbol.asyncDispose]();
    }, patience);

    beforeEach(async () => {
      stream = await server.makeStream(1);
      const summary = await server.control.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      streamArn = summary.StreamDescriptionSummary?.StreamARN ?? '';
      consumerArn = await register('group');
    }, patience);

    /** @returns the ARN of the consumer, which is active */
    async function register(name: string): Promise<string> {
      const { arn } = await client.registerConsumer(streamArn, name, signal);
      const isActive = async () => (await describeConsumer(name)).status === 'ACTIVE';
      await until('an active consumer', isActive, patience);
      return arn;
    }

    function describeConsumer(name = 'group') {
      return client.describeConsumer(streamArn, name, signal);
    }

    async function put(...texts: string[]): Promise<void> {
      for (const text of texts) {
        const record = { StreamName: stream, PartitionKey: 'key', Data: Buffer.from(text) };
        await server.control.send(new PutRecordCommand(record));
      }
    }

    /** Reads a new subscription up to the first event that satisfies `last`. Waits while the server counts another as active. */
    async function take(
      start: IteratorStart,
      last: (events: readonly FanOutEvent[]) => boolean,
      arn = consumerArn,
    ) {
      let events: FanOutEvent[] = [];
      const attempt = async () => {
        const closing = new AbortController();
        events = [];
        try {
          for await (const event of client.subscribe(arn, SHARD, start, closing.signal)) {
            events.push(event);
            if (last(events)) return true;
          }
        } catch (error) {
          if (!isStreamError(error, 'in_use')) throw error;
        } finally {
          closing.abort();
        }
        return false;
      };
      await until('the events', attempt, patience / 2);
      return events;
    }

    function texts(events: readonly FanOutEvent[]): string[] {
      return events.flatMap((event) => event.records.map(textOf));
    }

    const has = (count: number) => (events: readonly FanOutEvent[]) => texts(events).length >= count;

    test(
      'finds a consumer by its name, and registers it once',
      async () => {
        expect(await describeConsumer()).toEqual({ arn: consumerArn, status: 'ACTIVE' });
        const again = client.registerConsumer(streamArn, 'group', signal);
        await expect(again).rejects.toMatchObject({ name: 'StreamError', kind: 'in_use' });
        const other = client.describeConsumer(streamArn, 'nobody', signal);
        await expect(other).rejects.toMatchObject({ kind: 'not_found' });
      },
      patience,
    );

    test(
      'pushes stored records in order, and goes on after the continuation without a gap or a repeat',
      async () => {
        await put('a', 'b', 'ü');
        const first = await take(HORIZON, has(3));
        expect(texts(first)).toEqual(['a', 'b', 'ü']);
        expect(first[0]?.records[0]).toMatchObject({ partitionKey: 'key', subSequenceNumber: 0 });
        await put('c', 'd');
        const sequenceNumber = first.at(-1)?.continuation ?? '';
        const rest = await take({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }, has(2));
        expect(texts(rest)).toEqual(['c', 'd']);
      },
      patience,
    );

    test(
      'begins at a record, after a record, and at a time',
      async () => {
        await put('a', 'b');
        const [record] = (await take(HORIZON, has(2))).flatMap((event) => event.records);
        const sequenceNumber = record?.sequenceNumber ?? '';
        const atMilliseconds = Date.now() - 60_000;
        // A consumer each, because the server makes the next subscription of a consumer wait.
        const textsFrom = async (start: IteratorStart, count: number) =>
          texts(await take(start, has(count), await register(start.type)));
        expect(await textsFrom({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber }, 2)).toEqual(['a', 'b']);
        expect(await textsFrom({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }, 1)).toEqual(['b']);
        expect(await textsFrom({ type: 'AT_TIMESTAMP', atMilliseconds }, 2)).toEqual(['a', 'b']);
      },
      patience,
    );

    test(
      'pushes later records, and sends events while no record arrives',
      async () => {
        const closing = new AbortController();
        const events = client.subscribe(consumerArn, SHARD, HORIZON, closing.signal)[Symbol.asyncIterator]();
        const idle = await events.next();
        expect(idle.value).toMatchObject({ records: [], continuation: expect.any(String) });
        await put('later');
        const later: FanOutEvent[] = [];
        while (texts(later).length === 0) later.push((await events.next()).value as FanOutEvent);
        expect(texts(later)).toEqual(['later']);
        closing.abort();
      },
      patience,
    );

    test(
      'refuses a second subscription right after the first',
      async () => {
        const closing = new AbortController();
        const first = client.subscribe(consumerArn, SHARD, HORIZON, closing.signal)[Symbol.asyncIterator]();
        await first.next();
        const second = client.subscribe(consumerArn, SHARD, HORIZON, signal)[Symbol.asyncIterator]();
        await expect(second.next()).rejects.toMatchObject({ kind: 'in_use' });
        closing.abort();
      },
      patience,
    );

    test(
      'an abort ends a subscription that waits',
      async () => {
        const closing = new AbortController();
        const events = client.subscribe(consumerArn, SHARD, HORIZON, closing.signal)[Symbol.asyncIterator]();
        await events.next();
        const reason = new Error('enough');
        const ended = (async () => {
          while (!(await events.next()).done);
        })();
        closing.abort(reason);
        await expect(ended).rejects.toBe(reason);
      },
      patience,
    );

    // kinesis-local never ends the subscription of a closed shard.
    const testEnd = target.name === 'kinesis-local' ? test.skip : test;
    testEnd(
      'ends a closed shard without a continuation',
      async () => {
        await put('before');
        const split = { StreamName: stream, ShardToSplit: SHARD, NewStartingHashKey: String(2n ** 127n) };
        await server.control.send(new SplitShardCommand(split));
        const events = await take(HORIZON, (all) => all.at(-1)?.continuation === undefined);
        expect(texts(events)).toEqual(['before']);
      },
      patience,
    );

    test(
      'names a missing consumer or shard',
      async () => {
        // kinesis-local accepts any shard.
        if (target.name !== 'kinesis-local') {
          const shard = client.subscribe(consumerArn, 'shardId-000000000009', HORIZON, signal);
          await expect(shard[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: 'not_found' });
        }
        await server.control.send(
          new DeregisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: 'group' }),
        );
        const isGone = () =>
          describeConsumer().then(
            ({ status }) => status === 'DELETING',
            (error) => isStreamError(error, 'not_found'),
          );
        await until('no consumer', isGone, patience / 2);
      },
      patience,
    );
  });
}

describe('an endpoint that accepts calls and never answers', () => {
  for (const transport of ['http1', 'http2'] as const) {
    test(`times out over ${transport}`, async () => {
      Object.assign(process.env, emulatorCredentials);
      const sockets = new Set<Socket>();
      const server = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const client = new SdkFanOutClient({
        region: 'us-east-1',
        endpoint: `http://127.0.0.1:${port}`,
        transport,
        connectTimeoutMilliseconds: 500,
        requestTimeoutMilliseconds: 500,
      });
      try {
        const answer = client.describeConsumer('arn', 'group', signal);
        await expect(answer).rejects.toMatchObject({ name: 'StreamError', kind: 'unavailable' });
      } finally {
        client.close();
        for (const socket of sockets) socket.destroy();
        server.close();
      }
    });
  }
});
