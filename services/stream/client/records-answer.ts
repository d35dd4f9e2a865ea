import type { StreamRecord } from '../record.ts';
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

/** A member's name and the start of its value. It cannot occur inside a JSON string, where a quote follows a backslash. */
const DATA = Buffer.from('"Data":"');
const QUOTE = 0x22;

/**
 * Parses the response of GetRecords. Most of its bytes are data, and parsing data as JSON text costs more than scoring it.
 * So the data is extracted first and decoded straight from the bytes, into one buffer for all records.
 * @param nowMilliseconds stands for the time of arrival if a record has none, because the API does not promise one
 * @throws if the answer is not JSON, or if a member that the API promises is missing or of another type
 */
export function parseRecordsAnswer(body: Buffer, nowMilliseconds: number): ReadResult {
  const extracted = extractData(body);
  const answer = JSON.parse(extracted.rest) as RecordsAnswer;
  // An emulator may write the JSON in another layout, for instance with spaces. Then it is parsed as ordinary JSON.
  const plain = extracted.data.length !== answer.Records.length;
  const { Records: records } = plain ? (JSON.parse(body.toString()) as RecordsAnswer) : answer;
  return {
    records: records.map((record, index) =>
      toRecord(
        record,
        plain ? Buffer.from(textOf(record, 'Data'), 'base64') : (extracted.data[index] as Buffer),
        nowMilliseconds,
      ),
    ),
    nextIterator: answer.NextShardIterator ?? undefined,
    namesChildren: (answer.ChildShards ?? []).length > 0,
    behindMilliseconds: behindOf(answer.MillisBehindLatest),
  };
}

/** The response with empty data, and the data of each record. */
function extractData(body: Buffer): { readonly rest: string; readonly data: readonly Buffer[] } {
  const decoded = Buffer.allocUnsafeSlow(Math.ceil((body.length * 3) / 4));
  const data: Buffer[] = [];
  let rest = '';
  let used = 0;
  let copied = 0;
  for (let found = body.indexOf(DATA); found >= 0; found = body.indexOf(DATA, copied)) {
    const start = found + DATA.length;
    const end = body.indexOf(QUOTE, start);
    if (end < 0) break;
    rest += body.toString('utf8', copied, start);
    const length = decoded.write(body.toString('latin1', start, end), used, 'base64');
    data.push(decoded.subarray(used, used + length));
    used += length;
    copied = end;
  }
  return { rest: rest + body.toString('utf8', copied), data };
}

function toRecord(
  record: RecordsAnswer['Records'][number],
  data: Uint8Array,
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

/** A stream keeps records for at most a year. */
const LONGEST_BEHIND_MILLISECONDS = 400 * 86_400_000;

/**
 * @param milliseconds MillisBehindLatest, which emulators leave out
 * @throws if it is no time that a read can be behind
 */
export function behindOf(milliseconds: unknown): number {
  if (milliseconds === undefined || milliseconds === null) return 0;
  if (typeof milliseconds === 'number' && milliseconds <= LONGEST_BEHIND_MILLISECONDS)
    return Math.max(0, milliseconds);
  throw new Error(`MillisBehindLatest is ${String(milliseconds)}: it must be at most a year`);
}
