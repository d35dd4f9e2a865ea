import type { Placement, PutEntry, StreamClient } from '../client/stream-client.ts';
import { StreamError } from '../client/stream-error.ts';
import { aggregate } from '../kpl/aggregate.ts';
import { HashRanges } from '../kpl/hash-ranges.ts';
import { type Pack, packWave } from './aggregate-wave.ts';
import type { Output, PutReport } from './output.ts';
import type { WriteGuard } from './write-guard.ts';

/**
 * Packs the entries of each shard into aggregates of the Kinesis Producer Library, as a shard takes 1,000 records a
 * second of whatever size.
 *
 * An aggregate goes where the partition key of its first entry belongs. Should the stream have been resharded since its
 * shards were listed, that may not be the shard of all its keys, and the Kinesis Client Library drops those that do not
 * belong to the shard it reads. So the answer's shard is compared: entries that ended in a shard which is not theirs
 * count as not stored and go out again. A consumer that drops as the library does loses nothing by this; one that does
 * not sees some entries again, in another shard and under the same decision id. Order by key holds for both.
 */
export class AggregatedOutput implements Output {
  readonly stream: string;
  readonly #client: StreamClient;
  /** Undefined: to be listed. */
  #ranges: HashRanges | undefined;

  constructor(client: StreamClient, stream: string) {
    this.#client = client;
    this.stream = stream;
  }

  async put(pending: readonly PutEntry[], guard: WriteGuard): Promise<PutReport> {
    const ranges = this.#ranges ?? (await this.#list(guard.signal));
    this.#ranges = ranges;
    const packs = packWave(pending, (partitionKey) => this.#shardOf(ranges, partitionKey));
    const records = packs.map(({ indices }) => toRecord(indices.map((index) => pending[index] as PutEntry)));
    guard.assertHeld();
    const placements = await this.#client.place(this.stream, records, guard.signal);
    const truth = packs.every((pack, position) => isWhereExpected(pack, placements[position]))
      ? ranges
      : await this.#relist(guard.signal);
    const stored = packs.flatMap((pack, position) => storedOf(pack, placements[position], pending, truth));
    return {
      stored: new Set(stored),
      tried: packs.reduce((sum, { indices }) => sum + indices.length, 0),
      refusals: placements.filter((placement) => 'code' in placement),
    };
  }

  async #list(signal: AbortSignal): Promise<HashRanges> {
    return new HashRanges(await this.#client.listShards(this.stream, signal));
  }

  /** Undefined where that fails: the next request has to list them, too, and says so. */
  async #relist(signal: AbortSignal): Promise<HashRanges | undefined> {
    this.#ranges = undefined;
    this.#ranges = await this.#list(signal).catch(() => undefined);
    return this.#ranges;
  }

  #shardOf(ranges: HashRanges, partitionKey: string): string {
    const shardId = ranges.shardOf(partitionKey);
    if (shardId !== undefined) return shardId;
    this.#ranges = undefined;
    throw new StreamError('unavailable', `${this.stream} has no open shard for a partition key: resharding`);
  }
}

function toRecord(entries: readonly PutEntry[]): PutEntry {
  const [first] = entries as [PutEntry];
  return entries.length === 1 ? first : { partitionKey: first.partitionKey, data: aggregate(entries) };
}

function isWhereExpected(pack: Pack, placement: Placement | undefined): boolean {
  return placement === undefined || 'code' in placement || placement.shardId === pack.shardId;
}

/** Indices of the pack's entries that are stored in the shard of their keys. */
function storedOf(
  pack: Pack,
  placement: Placement | undefined,
  pending: readonly PutEntry[],
  truth: HashRanges | undefined,
): readonly number[] {
  if (placement === undefined || 'code' in placement) return [];
  const { shardId } = placement;
  // Kinesis itself placed an entry that is alone.
  if (shardId === pack.shardId || pack.indices.length === 1) return pack.indices;
  return pack.indices.filter((index) => truth?.holds(shardId, pending[index]?.partitionKey ?? ''));
}
