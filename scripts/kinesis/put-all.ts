import { type KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import { retry } from '../../services/shared/backoff.ts';
import { systemClock } from '../../services/shared/clock.ts';
import { streamMember } from '../../services/shared/stream-reference.ts';

export interface Entry {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface PutReceipt {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

const PUT_RECORDS_LIMIT = 500;
/** PutRecords takes 10 MiB. Emulators take only 7 MiB. */
const PUT_BYTES_LIMIT = 5 * 1024 * 1024;

/** Puts every entry and retries throttled entries with back-off. Returns one receipt for each entry, in order. */
export async function putAll(
  client: KinesisClient,
  stream: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<PutReceipt[]> {
  const receipts: PutReceipt[] = [];
  for (const chunk of chunked(entries)) receipts.push(...(await putChunk(client, stream, chunk, signal)));
  return receipts;
}

async function putChunk(
  client: KinesisClient,
  stream: string,
  chunk: readonly Entry[],
  signal?: AbortSignal,
): Promise<PutReceipt[]> {
  const receipts = new Map<Entry, PutReceipt>();
  const putMissing = async (): Promise<void> => {
    const missing = chunk.filter((entry) => !receipts.has(entry));
    const command = new PutRecordsCommand({
      ...streamMember(stream),
      Records: missing.map((entry) => ({ PartitionKey: entry.partitionKey, Data: entry.data })),
    });
    const answer = await client.send(command, signal ? { abortSignal: signal } : {});
    for (const [index, result] of (answer.Records ?? []).entries()) {
      const entry = missing[index];
      if (entry && isReceipt(result)) {
        receipts.set(entry, { shardId: result.ShardId, sequenceNumber: result.SequenceNumber });
      }
    }
    if (receipts.size < chunk.length)
      throw new Error(`${chunk.length - receipts.size} entries were throttled`);
  };
  await retry(putMissing, {
    clock: systemClock,
    baseMilliseconds: 100,
    maximumMilliseconds: 2_000,
    isRetryable: (error) => (error as Error).name !== 'ResourceNotFoundException',
    ...(signal ? { signal } : {}),
  });
  return chunk.flatMap((entry) => receipts.get(entry) ?? []);
}

function isReceipt(
  result: PutRecordsResultEntry,
): result is PutRecordsResultEntry & { ShardId: string; SequenceNumber: string } {
  return result.ShardId !== undefined && result.SequenceNumber !== undefined;
}

function* chunked(entries: readonly Entry[]): Generator<Entry[]> {
  let chunk: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (
      chunk.length === PUT_RECORDS_LIMIT ||
      (chunk.length > 0 && bytes + entry.data.length > PUT_BYTES_LIMIT)
    ) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += entry.data.length;
  }
  if (chunk.length > 0) yield chunk;
}
