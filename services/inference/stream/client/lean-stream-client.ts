import { KinesisHttp } from './kinesis-http.ts';
import { type PutResult, toOutcomes, toPlacements } from './placements.ts';
import { putRecordsBody } from './put-records-body.ts';
import { parseRecordsAnswer } from './records-answer.ts';
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
    const body = Buffer.from(JSON.stringify({ ShardIterator: iterator, Limit: limit }));
    return parseRecordsAnswer(await this.#http.call('GetRecords', body, signal));
  }

  async put(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
  ): Promise<readonly PutOutcome[]> {
    const answer = await this.#http.call('PutRecords', putRecordsBody(stream, entries), signal);
    const text = answer.toString();
    // The answer's 500 receipts are of no use where nothing failed.
    if (/"FailedRecordCount":0\b/.test(text)) return new Array<PutOutcome>(entries.length).fill(undefined);
    return toOutcomes(parsePlacements(entries, text));
  }

  async place(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
  ): Promise<readonly Placement[]> {
    const answer = await this.#http.call('PutRecords', putRecordsBody(stream, entries), signal);
    return parsePlacements(entries, answer.toString());
  }

  close(): void {
    this.#http.close();
    this.#sdk.close();
  }
}

function parsePlacements(entries: readonly PutEntry[], text: string): Placement[] {
  const { Records: results } = JSON.parse(text) as PutRecordsAnswer;
  return toPlacements(entries, results);
}
