import { arnMember } from '../../shared/stream-reference.ts';
import { BufferPool } from './buffer-pool.ts';
import { type StreamClientOptions, withDefaults } from './create-kinesis-client.ts';
import { KinesisHttp } from './kinesis-http.ts';
import { type PutResult, toPlacements, toRefusals } from './placements.ts';
import { putRecordsBody } from './put-records-body.ts';
import { parseRecordsAnswer } from './records-answer.ts';
import { SdkStreamClient } from './sdk-stream-client.ts';
import type {
  AssertAllowed,
  IteratorStart,
  Placement,
  PutEntry,
  PutRefusal,
  ReadResult,
  Shard,
  StreamClient,
  StreamDescription,
} from './stream-client.ts';

/** Memory that the pool keeps: enough for reads and writes of 16 shards at a time, with 2,000 small records a read. */
const IDLE_BYTES = 32 * 1024 * 1024;

/** The start of a receipt. It cannot occur inside a JSON string, where a quote follows a backslash. */
const RECEIPT = '"SequenceNumber":"';

interface PutRecordsAnswer {
  readonly Records: readonly PutResult[];
}

/** Reads and writes records with KinesisHttp, because the SDK needs more CPU time for a record than its scoring. */
export class LeanStreamClient implements StreamClient {
  readonly #buffers = new BufferPool(IDLE_BYTES);
  readonly #http: KinesisHttp;
  readonly #sdk: SdkStreamClient;

  constructor(options: StreamClientOptions) {
    const shared = withDefaults(options);
    this.#sdk = new SdkStreamClient(shared);
    this.#http = new KinesisHttp(shared, this.#sdk.endpoints, this.#buffers);
  }

  nowMilliseconds(): number {
    return this.#sdk.nowMilliseconds();
  }

  endpoint(stream: string): Promise<string> {
    return this.#sdk.endpoint(stream);
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

  read(stream: string, iterator: string, limit: number, signal: AbortSignal): Promise<ReadResult> {
    const request = { ...arnMember(stream), ShardIterator: iterator, Limit: limit };
    const body = Buffer.from(JSON.stringify(request));
    return this.#http.call({ operation: 'GetRecords', stream, body, signal }, (answer) =>
      parseRecordsAnswer(answer, this.nowMilliseconds()),
    );
  }

  put(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<readonly (PutRefusal | undefined)[]> {
    const parse = (text: string) => {
      // If every entry has a receipt and none an error, the 500 receipts need no parsing.
      if (hasAllReceipts(text, entries.length)) return new Array<undefined>(entries.length).fill(undefined);
      return toRefusals(parsePlacements(entries, text));
    };
    return this.#putRecords(stream, entries, parse, signal, assertAllowed);
  }

  place(
    stream: string,
    entries: readonly PutEntry[],
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<readonly Placement[]> {
    const parse = (text: string) => parsePlacements(entries, text);
    return this.#putRecords(stream, entries, parse, signal, assertAllowed);
  }

  async #putRecords<Result>(
    stream: string,
    entries: readonly PutEntry[],
    parse: (text: string) => Result,
    signal: AbortSignal,
    assertAllowed?: AssertAllowed,
  ): Promise<Result> {
    const body = putRecordsBody(stream, entries, (bytes) => this.#buffers.take(bytes));
    const call = { operation: 'PutRecords', stream, body, signal, assertAllowed } as const;
    const result = await this.#http.call(call, (answer) => parse(answer.toString()));
    // Not after a failed call: a part of the body may still be on its way to the socket.
    this.#buffers.give(body);
    return result;
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

/** The count of failures alone proves nothing. So each entry must have a sequence number. */
function hasAllReceipts(text: string, entries: number): boolean {
  if (text.includes('"ErrorCode":"')) return false;
  let receipts = 0;
  for (let at = text.indexOf(RECEIPT); at >= 0; at = text.indexOf(RECEIPT, at + RECEIPT.length)) {
    if (text.charAt(at + RECEIPT.length) !== '"') receipts++;
  }
  return receipts === entries && text.startsWith('{') && text.trimEnd().endsWith('}');
}
