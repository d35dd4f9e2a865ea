import type { StreamRecord } from '../record.ts';
import type { ReadResult } from './stream-client.ts';

interface RecordsAnswer {
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

/** As a member's name and the start of its value; inside a JSON string a quote has a backslash before it. */
const DATA = Buffer.from('"Data":"');
const QUOTE = 0x22;

/**
 * Reads the answer of GetRecords. The data, most of its bytes, is cut out before the rest is parsed, and decoded from
 * the bytes as they came into one buffer for all records: parsing it as JSON text costs more than scoring it.
 */
export function parseRecordsAnswer(body: Buffer): ReadResult {
  const cut = cutData(body);
  const answer = JSON.parse(cut.rest) as RecordsAnswer;
  // Written in another way, by an emulator with spaces for instance, it is read as any JSON is.
  const plain = cut.data.length !== answer.Records.length;
  const { Records: records } = plain ? (JSON.parse(body.toString()) as RecordsAnswer) : answer;
  return {
    records: records.map((record, index) =>
      toRecord(record, plain ? Buffer.from(record.Data, 'base64') : (cut.data[index] as Buffer)),
    ),
    nextIterator: answer.NextShardIterator ?? undefined,
    behindMilliseconds: answer.MillisBehindLatest ?? 0,
  };
}

/** The answer with empty data, and the data of each of its records. */
function cutData(body: Buffer): { readonly rest: string; readonly data: readonly Buffer[] } {
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

function toRecord(record: RecordsAnswer['Records'][number], data: Uint8Array): StreamRecord {
  return {
    data,
    partitionKey: record.PartitionKey,
    sequenceNumber: record.SequenceNumber,
    subSequenceNumber: 0,
    arrivalMilliseconds: Math.round(record.ApproximateArrivalTimestamp * 1000),
  };
}
