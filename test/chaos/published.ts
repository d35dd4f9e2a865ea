import type { FakeStream } from '../support/kinesis-fake/fake-stream.ts';
import type { Echo } from '../support/stream/echo-processor.ts';
import type { Published } from './checker.ts';

/** All records that the pods published. */
export function publishedOn(stream: FakeStream): Published[] {
  return stream.shards.flatMap((shard) =>
    shard.all().map((record) => {
      const { Data: data } = JSON.parse(record.json) as { Data: string };
      const echo = JSON.parse(Buffer.from(data, 'base64').toString()) as Echo;
      const [key = '', number = ''] = echo.text.split('/');
      const { decisionId, shardId, epoch } = echo;
      return { position: record.sequenceNumber, key, number: Number(number), decisionId, shardId, epoch };
    }),
  );
}
