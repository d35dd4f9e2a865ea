import { streamNameOf } from '../../../services/shared/stream-reference.ts';
import { childShards } from './child-shards.ts';
import { FakeError } from './fake-error.ts';
import type { FakeShard } from './fake-shard.ts';
import { FakeStream, fakeArn } from './fake-stream.ts';
import type { FakeSubscription } from './fake-subscription.ts';
import { FanOut, type FanOutTimes } from './fan-out.ts';
import type { Faults } from './faults.ts';
import { RateLimit } from './rate-limit.ts';

const ITERATOR_MILLISECONDS = 5 * 60_000;
const SHARDS_PER_PAGE = 1000;
const MEGABYTE = 1024 * 1024;

// biome-ignore lint/suspicious/noExplicitAny: a client may send any JSON
type Request = any;
/** An answer: an object, or text that is JSON already. */
type Answer = object | string;

interface Iterator {
  /** ARN. */
  readonly stream: string;
  readonly shard: string;
  readonly index: number;
  readonly at: number;
}

export interface OperationsOptions {
  readonly now: () => number;
  readonly random: () => number;
  readonly faults: () => Faults;
  readonly fanOutTimes: FanOutTimes;
}

/** The operations of the Kinesis API by name, on streams in memory. */
export class Operations {
  /** By ARN. */
  readonly streams = new Map<string, FakeStream>();
  readonly #options: OperationsOptions;
  readonly #reads: RateLimit;
  readonly #readBytes: RateLimit;
  readonly #writes: RateLimit;
  readonly #writeBytes: RateLimit;
  readonly #fanOut: FanOut;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#reads = new RateLimit(5, options.now);
    this.#readBytes = new RateLimit(2 * MEGABYTE, options.now);
    this.#writes = new RateLimit(1000, options.now);
    this.#writeBytes = new RateLimit(MEGABYTE, options.now);
    this.#fanOut = new FanOut({
      now: options.now,
      times: options.fanOutTimes,
      faults: options.faults,
    });
  }

  /** @throws FakeError */
  call(name: string, request: Request): Answer {
    switch (name) {
      case 'CreateStream':
        return this.#createStream(request);
      case 'DeleteStream':
        this.streams.delete(this.#stream(request).arn);
        return {};
      case 'ListStreams':
        return {
          StreamNames: [...this.streams.values()].map(({ name }) => name).sort(),
          HasMoreStreams: false,
        };
      case 'DescribeStream':
        return {
          StreamDescription: {
            ...this.#summary(request),
            Shards: this.#listShards(request).Shards,
            HasMoreShards: false,
          },
        };
      case 'DescribeStreamSummary':
        return { StreamDescriptionSummary: this.#summary(request) };
      case 'ListShards':
        return this.#listShards(request);
      case 'GetShardIterator':
        return this.#getShardIterator(request);
      case 'GetRecords':
        return this.#getRecords(request);
      case 'PutRecord':
        return this.#putRecord(request);
      case 'PutRecords':
        return this.#putRecords(request);
      case 'SplitShard':
        this.#stream(request).split(request.ShardToSplit, BigInt(request.NewStartingHashKey));
        return {};
      case 'MergeShards':
        this.#stream(request).merge(request.ShardToMerge, request.AdjacentShardToMerge);
        return {};
      case 'RegisterStreamConsumer':
        return this.#fanOut.register(this.#stream(request), request.ConsumerName);
      case 'DescribeStreamConsumer':
        return this.#fanOut.describe(this.#stream(request), request.ConsumerName);
      case 'DeregisterStreamConsumer':
        return this.#fanOut.deregister(this.#stream(request), request.ConsumerName);
      default:
        throw new FakeError('UnknownOperationException', name);
    }
  }

  /** @throws FakeError */
  subscribe({ ConsumerARN, ShardId, StartingPosition: position }: Request): FakeSubscription {
    return this.#fanOut.subscribe(ConsumerARN, ShardId, (shard) =>
      startIndex(shard, position.Type, position.SequenceNumber, position.Timestamp),
    );
  }

  #createStream({ StreamName: name, ShardCount: shards = 1 }: Request): Answer {
    const arn = fakeArn(name);
    if (this.streams.has(arn)) {
      throw new FakeError(
        'ResourceInUseException',
        `Stream ${name} under account 000000000000 already exists.`,
      );
    }
    this.streams.set(arn, new FakeStream(arn, shards, this.#options.now));
    return {};
  }

  #stream({ StreamName: name, StreamARN: arn = fakeArn(name) }: Request): FakeStream {
    if (name !== undefined && arn !== fakeArn(name)) throw contradiction('StreamName', arn);
    const stream = this.streams.get(arn);
    if (stream) return stream;
    throw new FakeError(
      'ResourceNotFoundException',
      `Stream ${streamNameOf(arn)} under account ${arn.split(':')[4]} not found.`,
    );
  }

  /**
   * The stream of a token or an iterator. Beside that of another account's stream there must be its ARN.
   * @throws FakeError
   */
  #streamOf(arn: string, { StreamName: name, StreamARN: given }: Request): FakeStream {
    if (name !== undefined || (given !== undefined && given !== arn)) throw contradiction('The token', arn);
    if (given === undefined && arn !== fakeArn(streamNameOf(arn))) {
      throw new FakeError('AccessDeniedException', `No StreamARN is given for ${arn}.`);
    }
    return this.#stream({ StreamARN: arn });
  }

  #summary(request: Request): object {
    const stream = this.#stream(request);
    return {
      StreamName: stream.name,
      StreamARN: stream.arn,
      StreamStatus: 'ACTIVE',
      StreamCreationTimestamp: stream.createdMilliseconds / 1000,
      RetentionPeriodHours: stream.retentionHours,
      OpenShardCount: stream.openShards.length,
      EnhancedMonitoring: [],
      EncryptionType: 'NONE',
    };
  }

  #listShards(request: Request): { Shards: object[]; NextToken?: string } {
    const token = request.NextToken
      ? JSON.parse(Buffer.from(request.NextToken, 'base64').toString())
      : undefined;
    const stream = token ? this.#streamOf(token.arn, request) : this.#stream(request);
    const from: number = token?.from ?? 0;
    const size = request.MaxResults ?? SHARDS_PER_PAGE;
    const page = stream.shards.slice(from, from + size);
    const more = from + size < stream.shards.length;
    const next = Buffer.from(JSON.stringify({ arn: stream.arn, from: from + size })).toString('base64');
    return { Shards: page.map(describeShard), ...(more ? { NextToken: next } : {}) };
  }

  #getShardIterator(request: Request): Answer {
    const stream = this.#stream(request);
    const shard = stream.shard(request.ShardId);
    return {
      ShardIterator: this.#iterator(
        stream.arn,
        shard,
        startIndex(shard, request.ShardIteratorType, request.StartingSequenceNumber, request.Timestamp),
      ),
    };
  }

  #iterator(stream: string, shard: FakeShard, index: number): string {
    const iterator: Iterator = { stream, shard: shard.span.shardId, index, at: this.#options.now() };
    return Buffer.from(JSON.stringify(iterator)).toString('base64');
  }

  #getRecords({ ShardIterator: text, Limit: limit = 10_000, ...request }: Request): Answer {
    const { now, random, faults } = this.#options;
    const iterator = parseIterator(text);
    const isExpired = now() - iterator.at > ITERATOR_MILLISECONDS || random() < faults().expireIterator;
    if (isExpired) throw new FakeError('ExpiredIteratorException', 'Iterator expired.');
    const stream = this.#streamOf(iterator.stream, request);
    const shard = stream.shard(iterator.shard);
    const key = `${iterator.stream}/${iterator.shard}`;
    const read = shard.read(iterator.index, limit, now());
    const bytes = read.records.reduce((sum, record) => sum + record.bytes, 0);
    if (faults().limits && !(this.#reads.take(key, 1) && this.#readBytes.take(key, bytes))) {
      throw exceeded(iterator.shard, stream.name);
    }
    const { losePosition } = faults();
    const isLost = losePosition > 0 && random() < losePosition;
    const next =
      isLost || read.next === undefined ? 'null' : `"${this.#iterator(iterator.stream, shard, read.next)}"`;
    const ended =
      read.next === undefined ? `,"ChildShards":${JSON.stringify(childShards(stream, shard))}` : '';
    return `{"MillisBehindLatest":${read.behindMilliseconds},"NextShardIterator":${next},"Records":[${read.records.map((record) => record.json).join()}]${ended}}`;
  }

  #putRecord(request: Request): Answer {
    const stream = this.#stream(request);
    validateKey(request, 'partitionKey');
    const shard = stream.shardFor(request.PartitionKey, request.ExplicitHashKey);
    const { sequenceNumber } = stream.put(shard, request.PartitionKey, request.Data);
    return { ShardId: shard.span.shardId, SequenceNumber: sequenceNumber };
  }

  #putRecords(request: Request): Answer {
    const stream = this.#stream(request);
    const entries: Request[] = request.Records ?? [];
    if (entries.length === 0 || entries.length > 500) {
      throw new FakeError(
        'ValidationException',
        `1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length between 1 and 500, not ${entries.length}`,
      );
    }
    for (const [index, entry] of entries.entries()) {
      validateKey(entry, `records.${index + 1}.member.partitionKey`);
    }
    const results = entries.map((entry) => this.#putEntry(stream, entry));
    return { FailedRecordCount: results.filter((result) => 'ErrorCode' in result).length, Records: results };
  }

  #putEntry(stream: FakeStream, entry: Request): object {
    const { faults, random } = this.#options;
    const shard = stream.shardFor(entry.PartitionKey, entry.ExplicitHashKey);
    const { shardId } = shard.span;
    const key = `${stream.arn}/${shardId}`;
    const bytes = (entry.Data.length / 4) * 3 + entry.PartitionKey.length;
    const throttled = faults().limits && !(this.#writes.take(key, 1) && this.#writeBytes.take(key, bytes));
    if (throttled) {
      const { type, message } = exceeded(shardId, stream.name);
      return { ErrorCode: type, ErrorMessage: message };
    }
    if (random() < faults().failEntry) {
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure.' };
    }
    const { sequenceNumber } = stream.put(shard, entry.PartitionKey, entry.Data);
    return { ShardId: shardId, SequenceNumber: sequenceNumber };
  }
}

function contradiction(what: string, arn: string): FakeError {
  return new FakeError('InvalidArgumentException', `${what} and the stream ${arn} contradict each other.`);
}

export function exceeded(shardId: string, stream: string): FakeError {
  return new FakeError(
    'ProvisionedThroughputExceededException',
    `Rate exceeded for shard ${shardId} in stream ${stream} under account 000000000000.`,
  );
}

/** @throws FakeError ValidationException, which refuses the whole call */
function validateKey({ PartitionKey: key }: Request, path: string): void {
  if (typeof key === 'string' && key.length >= 1 && key.length <= 256) return;
  throw new FakeError(
    'ValidationException',
    `1 validation error detected: Value at '${path}' failed to satisfy constraint: Member must have length between 1 and 256`,
  );
}

function parseIterator(text: string): Iterator {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString());
  } catch {
    throw new FakeError('InvalidArgumentException', 'Invalid ShardIterator.');
  }
}

function startIndex(
  shard: FakeShard,
  type: string,
  sequenceNumber: string,
  timestampSeconds: number,
): number {
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.horizon;
    case 'LATEST':
      return shard.tip;
    case 'AT_TIMESTAMP':
      return shard.indexAt(timestampSeconds * 1000);
    case 'AT_SEQUENCE_NUMBER':
      return shard.indexOf(sequenceNumber, false);
    case 'AFTER_SEQUENCE_NUMBER':
      return shard.indexOf(sequenceNumber, true);
    default:
      throw new FakeError('ValidationException', `the starting position ${type} is unknown`);
  }
}

function describeShard({ span, endSequence }: FakeShard): object {
  const [parent, adjacent] = span.parents;
  return {
    ShardId: span.shardId,
    HashKeyRange: { StartingHashKey: String(span.startHash), EndingHashKey: String(span.endHash) },
    SequenceNumberRange: {
      StartingSequenceNumber: span.startSequence,
      ...(endSequence === undefined ? {} : { EndingSequenceNumber: endSequence }),
    },
    ...(parent === undefined ? {} : { ParentShardId: parent }),
    ...(adjacent === undefined ? {} : { AdjacentParentShardId: adjacent }),
  };
}
