import type { StreamRecord } from '../record.ts';
import { behindOf } from './behind.ts';
import type { ReadResult } from './stream-client.ts';

interface RecordsAnswer {
  readonly Records: readonly {
    readonly Data?: string | null;
    readonly PartitionKey?: string | null;
    readonly SequenceNumber?: string | null;
    /** Seconds since the epoch. */
    readonly ApproximateArrivalTimestamp?: number | string | null;
  }[];
  readonly NextShardIterator?: string | null;
  readonly ChildShards?: readonly unknown[] | null;
  readonly MillisBehindLatest?: number | null;
}

/**
 * Parses the response of GetRecords with JSON.parse, whatever its layout.
 * @param nowMilliseconds stands for the time of arrival if a record has none, because the API does not promise one
 * @throws if the answer is not JSON, or if a member that the API promises is missing or of another type
 */
export function parsePlainRecordsAnswer(body: Buffer, nowMilliseconds: number): ReadResult {
  const answer = JSON.parse(body.toString()) as RecordsAnswer;
  const data = decoded(answer.Records.map((record) => textOf(record, 'Data')));
  return {
    records: answer.Records.map((record, index) => toRecord(record, data[index] as Buffer, nowMilliseconds)),
    nextIterator: answer.NextShardIterator ?? undefined,
    namesChildren: (answer.ChildShards ?? []).length > 0,
    behindMilliseconds: behindOf(answer.MillisBehindLatest),
  };
}

/**
 * Decodes base64 into one buffer, which nothing else shares. A record of Node's pool would keep 64 KiB of other data in
 * memory.
 */
function decoded(texts: readonly string[]): Buffer[] {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
  const buffer = Buffer.allocUnsafeSlow(bytes);
  let used = 0;
  return texts.map((text) => {
    const start = used;
    used += buffer.write(text, start, 'base64');
    return buffer.subarray(start, used);
  });
}

function toRecord(
  record: RecordsAnswer['Records'][number],
  data: Buffer,
  nowMilliseconds: number,
): StreamRecord {
  const arrival = Math.round(Number(record.ApproximateArrivalTimestamp ?? Number.NaN) * 1000);
  const partitionKey = textOf(record, 'PartitionKey');
  const sequenceNumber = textOf(record, 'SequenceNumber');
  // Without them, no checkpoint could pass the record, and no dead letter could keep its place.
  if (partitionKey === '' || sequenceNumber === '')
    throw new Error('the answer holds a record whose PartitionKey or SequenceNumber is empty');
  return {
    data,
    partitionKey,
    sequenceNumber,
    subSequenceNumber: 0,
    arrivalMilliseconds: Number.isNaN(arrival) ? nowMilliseconds : arrival,
  };
}

function textOf(
  record: RecordsAnswer['Records'][number],
  name: 'Data' | 'PartitionKey' | 'SequenceNumber',
): string {
  const text: unknown = record[name];
  if (typeof text !== 'string') throw new Error(`the answer holds a record without ${name}`);
  return text;
}
