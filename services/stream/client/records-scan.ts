import type { StreamRecord } from '../record.ts';
import { behindOf } from './behind.ts';
import { JsonCursor } from './json-cursor.ts';
import { MemberName } from './member-name.ts';
import type { ReadResult } from './stream-client.ts';

const COMMA = 0x2c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const PADDING = 0x3d;

/** Names of the members that are read: of an answer, and of a record. */
const ANSWER_MEMBERS: ReadonlySet<string> = new Set([
  'Records',
  'NextShardIterator',
  'MillisBehindLatest',
  'ChildShards',
]);
const RECORD_MEMBERS: ReadonlySet<string> = new Set([
  'Data',
  'PartitionKey',
  'SequenceNumber',
  'ApproximateArrivalTimestamp',
]);

const RECORDS = new MemberName('Records');
const NEXT_SHARD_ITERATOR = new MemberName('NextShardIterator');
const MILLIS_BEHIND_LATEST = new MemberName('MillisBehindLatest');
const CHILD_SHARDS = new MemberName('ChildShards');
const DATA = new MemberName('Data');
const PARTITION_KEY = new MemberName('PartitionKey');
const SEQUENCE_NUMBER = new MemberName('SequenceNumber');
const ARRIVAL = new MemberName('ApproximateArrivalTimestamp');

const ENCRYPTION_TYPE = new MemberName('EncryptionType');

/** The decoder takes strings only. Bytes become a string in parts of about this length, because a call for each record costs more. */
const WINDOW_BYTES = 16 * 1024;
const NO_DATA = Buffer.alloc(0);

/** A record whose data is not decoded yet. */
interface ScannedRecord extends StreamRecord {
  data: Buffer;
}

/**
 * Reads the response of GetRecords straight from its bytes: members in any order, with or without white space. JSON.parse
 * would make more objects and strings than the records need.
 * @returns what `parsePlainRecordsAnswer` returns. Undefined if the layout is another one, or the answer may be refused
 * @throws as `behindOf`
 */
export function scanRecordsAnswer(body: Buffer, nowMilliseconds: number): ReadResult | undefined {
  return new RecordsScan(body, nowMilliseconds).answer();
}

class RecordsScan {
  readonly #body: Buffer;
  readonly #nowMilliseconds: number;
  readonly #cursor: JsonCursor;
  readonly #records: ScannedRecord[] = [];
  /** Where the data of each record begins and ends in the body. */
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  #dataBytes = 0;
  #nextIterator: string | null | undefined;
  #behind: number | null | undefined;
  #hasRecords = false;
  #childShards: readonly unknown[] | null | undefined;
  /** Part of the body as a string. */
  #window = '';
  #windowBegin = 0;

  constructor(body: Buffer, nowMilliseconds: number) {
    this.#body = body;
    this.#nowMilliseconds = nowMilliseconds;
    this.#cursor = new JsonCursor(body);
  }

  answer(): ReadResult | undefined {
    const cursor = this.#cursor;
    if (!cursor.take(OPENING_BRACE)) return undefined;
    do if (!this.#takeMember()) return undefined;
    while (cursor.take(COMMA));
    if (!cursor.take(CLOSING_BRACE) || cursor.peek() !== undefined) return undefined;
    if (!this.#hasRecords || !this.#decodeData()) return undefined;
    return {
      records: this.#records,
      nextIterator: this.#nextIterator ?? undefined,
      namesChildren: (this.#childShards ?? []).length > 0,
      behindMilliseconds: behindOf(this.#behind),
    };
  }

  /** A member that is read, but is there twice, is left to JSON.parse. */
  #takeMember(): boolean {
    const cursor = this.#cursor;
    cursor.peek();
    if (this.#nextIterator === undefined && cursor.takeMember(NEXT_SHARD_ITERATOR)) {
      this.#nextIterator = cursor.takeNull() ? null : cursor.text();
      return this.#nextIterator !== undefined;
    }
    if (this.#behind === undefined && cursor.takeMember(MILLIS_BEHIND_LATEST)) {
      this.#behind = cursor.takeNull() ? null : cursor.number();
      return this.#behind !== undefined;
    }
    if (!this.#hasRecords && cursor.takeMember(RECORDS)) {
      this.#hasRecords = true;
      return this.#takeRecords();
    }
    if (this.#childShards === undefined && cursor.takeMember(CHILD_SHARDS)) {
      const value = cursor.value();
      this.#childShards = value === null || Array.isArray(value) ? value : undefined;
      return this.#childShards !== undefined;
    }
    return cursor.skipMember(ANSWER_MEMBERS);
  }

  #takeRecords(): boolean {
    const cursor = this.#cursor;
    if (!cursor.take(OPENING_BRACKET)) return false;
    if (cursor.take(CLOSING_BRACKET)) return true;
    do if (!this.#takeRecord()) return false;
    while (cursor.take(COMMA));
    return cursor.take(CLOSING_BRACKET);
  }

  #takeRecord(): boolean {
    const cursor = this.#cursor;
    let begin: number | undefined;
    let end = 0;
    let partitionKey: string | undefined;
    let sequenceNumber: string | undefined;
    let arrival: number | undefined;
    if (!cursor.take(OPENING_BRACE)) return false;
    do {
      cursor.peek();
      if (arrival === undefined && cursor.takeMember(ARRIVAL)) {
        arrival = cursor.takeNull() ? Number.NaN : cursor.number();
        if (arrival === undefined) return false;
      } else if (begin === undefined && cursor.takeMember(DATA)) {
        if (!cursor.skipToQuote()) return false;
        begin = cursor.start;
        end = cursor.at - 1;
        // Base64 without padding is not worth a second rule.
        if ((end - begin) % 4 !== 0) return false;
        this.#dataBytes += decodedLength(this.#body, begin, end);
      } else if (partitionKey === undefined && cursor.takeMember(PARTITION_KEY)) {
        partitionKey = cursor.text();
        if (!partitionKey) return false;
      } else if (sequenceNumber === undefined && cursor.takeMember(SEQUENCE_NUMBER)) {
        sequenceNumber = cursor.text();
        if (!sequenceNumber) return false;
      } else if (!this.#skipMember()) return false;
    } while (cursor.take(COMMA));
    if (!cursor.take(CLOSING_BRACE)) return false;
    if (begin === undefined || partitionKey === undefined || sequenceNumber === undefined) return false;
    const arrivalMilliseconds = Math.round((arrival ?? Number.NaN) * 1000);
    this.#begins.push(begin);
    this.#ends.push(end);
    this.#records.push({
      data: NO_DATA,
      partitionKey,
      sequenceNumber,
      subSequenceNumber: 0,
      arrivalMilliseconds: Number.isNaN(arrivalMilliseconds) ? this.#nowMilliseconds : arrivalMilliseconds,
    });
    return true;
  }

  #skipMember(): boolean {
    const cursor = this.#cursor;
    if (cursor.takeMember(ENCRYPTION_TYPE)) return cursor.takeNull() || cursor.skipText();
    return cursor.skipMember(RECORD_MEMBERS);
  }

  /** Decodes all data into one buffer. False if one text is not plain base64, for instance because it has an escape. */
  #decodeData(): boolean {
    const body = this.#body;
    const decoded = Buffer.allocUnsafeSlow(this.#dataBytes);
    let used = 0;
    for (let index = 0; index < this.#records.length; index++) {
      const begin = this.#begins[index] as number;
      const end = this.#ends[index] as number;
      const length = decodedLength(body, begin, end);
      // The decoder skips each byte that is not base64. So only base64 gives the whole length.
      if (decoded.write(this.#textOf(index), used, 'base64') !== length) return false;
      (this.#records[index] as ScannedRecord).data = decoded.subarray(used, used + length);
      used += length;
    }
    return true;
  }

  #textOf(index: number): string {
    const begin = this.#begins[index] as number;
    const end = this.#ends[index] as number;
    if (end > this.#windowBegin + this.#window.length) this.#moveWindow(index);
    return this.#window.slice(begin - this.#windowBegin, end - this.#windowBegin);
  }

  /** The window ends with a record, because a rest that is cut off would become a string twice. */
  #moveWindow(index: number): void {
    const begin = this.#begins[index] as number;
    const latest = begin + WINDOW_BYTES;
    let end = this.#ends[index] as number;
    for (let at = index + 1; (this.#ends[at] as number) <= latest; at++) end = this.#ends[at] as number;
    // A string that is still held while another is made may outlive the young generation.
    this.#window = '';
    this.#windowBegin = begin;
    this.#window = this.#body.toString('latin1', begin, end);
  }
}

/** Bytes in padded base64. */
function decodedLength(body: Buffer, begin: number, end: number): number {
  let padding = 0;
  if (body[end - 1] === PADDING) padding = body[end - 2] === PADDING ? 2 : 1;
  return ((end - begin) / 4) * 3 - padding;
}
