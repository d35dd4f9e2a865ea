import type { StreamRecord } from '../../record.ts';
import { KinesisHttp } from './kinesis-http.ts';
import { type PutResult, toOutcomes, toPlacements } from './placements.ts';
import { SdkStreamClient, type StreamClientOptions } from './sdk-stream-client.ts';
import type {
  IteratorStart,
  Placement,
  PutEntry,
  PutOutcome,
  ReadResult,
  Shard,
  StreamClient,
  StreamDescription,
} from './stream-client.ts';

interface GetRecordsAnswer {
  readonly Records: readonly {
    readonly Data: string;
    readonly PartitionKey: string;
    readonly SequenceNumber: string;
    /** Seconds since the epoch. */
    readonly ApproximateArrivalTimestamp: number;
  }[];
  readonly NextShardIterator?: string | null;
  readonly MillisBehindLatest?: number;
}

interface PutRecordsAnswer {
  readonly Records: readonly PutResult[];
}

/** Records go by the lean way, all else by the SDK: with it, records cost more CPU time than their scoring. */
export class LeanStreamClient implements StreamClient {
  readonly #http: KinesisHttp;
  readonly #sdk: SdkStreamClient;

  constructor(options: StreamClientOptions) {
    this.#http = new KinesisHttp(options);
    this.#sdk = new SdkStreamClient(options);
  }

  describe(stream: string, signal: AbortSignal): Promise<StreamDescription> {
    return this.#sdk.describe(stream, signal);
  }

  listShards(stream: string, signal: AbortSignal): Promise<readonly Shard[]> {
    return this.#sdk.listShards(stream, signal);
  }

  iterator(stream: string, shardId: string, start: IteratorStart, signal: AbortSignal): Promise<string> {
    return this.#sdk.iterator(stream, shardId, start, signal);
  }

  async read(iterator: string, limit: number, signal: AbortSignal): Promise<ReadResult> {
    const body = JSON.stringify({ ShardIterator: iterator, Limit: limit });
    const answer = JSON.parse(await this.#http.call('GetRecords', body, signal)) as GetRecordsAnswer;
    return {
      records: answer.Records.map(toRecord),
      nextIterator: answer.NextShardIterator ?? undefined,
      behindMilliseconds: answer.MillisBehindLatest ?? 0,
    };
  }

  async put(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
  ): Promise<readonly PutOutcome[]> {
    const text = await this.#http.call('PutRecords', putBody(stream, entries), signal);
    // The answer's 500 receipts are of no use where nothing failed.
    if (/"FailedRecordCount":0\b/.test(text)) return new Array<PutOutcome>(entries.length).fill(undefined);
    return toOutcomes(parsePlacements(entries, text));
  }

  async place(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
  ): Promise<readonly Placement[]> {
    return parsePlacements(entries, await this.#http.call('PutRecords', putBody(stream, entries), signal));
  }

  close(): void {
    this.#http.close();
    this.#sdk.close();
  }
}

function toRecord(record: GetRecordsAnswer['Records'][number]): StreamRecord {
  return {
    data: Buffer.from(record.Data, 'base64'),
    partitionKey: record.PartitionKey,
    sequenceNumber: record.SequenceNumber,
    subSequenceNumber: 0,
    arrivalMilliseconds: Math.round(record.ApproximateArrivalTimestamp * 1000),
  };
}

function parsePlacements(entries: readonly PutEntry[], text: string): Placement[] {
  const { Records: results } = JSON.parse(text) as PutRecordsAnswer;
  return toPlacements(entries, results);
}

/** Base64 needs no escaping, so that JSON.stringify need not look at the data. */
function putBody(stream: string, entries: readonly PutEntry[]): string {
  let records = '';
  for (const { data, partitionKey } of entries) {
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    records += `${records === '' ? '' : ','}{"Data":"${base64}","PartitionKey":${JSON.stringify(partitionKey)}}`;
  }
  return `{"StreamName":${JSON.stringify(stream)},"Records":[${records}]}`;
}
