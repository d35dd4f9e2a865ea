import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { AuditRecord } from '../../../services/shared/agreements/audit-record.ts';
import { streamMember } from '../../../services/shared/stream-reference.ts';
import type { AuditSink } from './audit-sink.ts';
import { clientDefaults, type SinkClientOptions } from './client-defaults.ts';

export interface StreamSinkOptions extends SinkClientOptions {
  /** Name or ARN. */
  readonly stream: string;
}

/** Writes each record into a Kinesis stream. The records of one ModelDeployment have one partition key. */
export class StreamSink implements AuditSink {
  readonly name = 'stream';
  readonly #options: StreamSinkOptions;
  #client: Promise<KinesisClient> | undefined;

  constructor(options: StreamSinkOptions) {
    this.#options = options;
  }

  async write(record: AuditRecord, abortSignal: AbortSignal): Promise<void> {
    const { PutRecordCommand } = await import('@aws-sdk/client-kinesis');
    this.#client ??= createClient(this.#options);
    const client = await this.#client;
    const Data = Buffer.from(`${JSON.stringify(record)}\n`);
    const input = { ...streamMember(this.#options.stream), PartitionKey: record.uid, Data };
    await client.send(new PutRecordCommand(input), { abortSignal });
  }

  close(): void {
    this.#client?.then((client) => client.destroy()).catch(() => {});
  }
}

/** The SDK takes memory, and few installations have an audit stream. So it is loaded at the first record. */
async function createClient({ region, endpoint }: StreamSinkOptions): Promise<KinesisClient> {
  const { KinesisClient } = await import('@aws-sdk/client-kinesis');
  return new KinesisClient({
    ...clientDefaults(region),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}
