import type { Placement, PutEntry, StreamClient } from '../client/stream-client.ts';
import { StreamError } from '../client/stream-error.ts';
import { aggregate } from '../kpl/aggregate-writer.ts';
import { HashRanges } from '../kpl/hash-ranges.ts';
import { type Pack, packWave } from './aggregate-wave.ts';
import type { Output, PutReport } from './output.ts';
import type { PendingEntries } from './pending-entries.ts';
import type { WriteGuard } from './write-guard.ts';

/**
 * Packs the entries of each shard into aggregates of the Kinesis Producer Library, because a shard takes only 1,000
 * records a second, whatever their size.
 *
 * Kinesis stores an aggregate in the shard of its first entry's partition key. If the stream was resharded since its
 * shards were listed, other keys of the aggregate may belong to another shard. The Kinesis Client Library drops entries
 * that do not belong to the shard it reads. So the shard in the response is compared. Entries that were stored in the
 * wrong shard count as not stored and are put again. A consumer that drops them, as the library does, loses nothing. Any
 * other consumer sees some entries twice: in another shard, with the same decision id. Order by key holds for the first. It
 * holds for the second among the first appearances of each decision id, because the entry is in its own shard too.
 */
export class AggregatedOutput implements Output {
  readonly stream: string;
  readonly #client: StreamClient;
  /** Undefined if the shards must be listed again. */
  #ranges: HashRanges | undefined;

  constructor(client: StreamClient, stream: string) {
    this.#client = client;
    this.stream = stream;
  }

  async put({ entries: pending }: PendingEntries, guard: WriteGuard): Promise<PutReport> {
    const ranges = this.#ranges ?? (await this.#list(guard.signal));
    this.#ranges = ranges;
    const packs = packWave(pending, (partitionKey) => this.#shardOf(ranges, partitionKey));
    const records = packs.map(({ indices }) => toRecord(indices.map((index) => pending[index] as PutEntry)));
    guard.assertHeld();
    const placements = await this.#client.place(this.stream, records, guard.signal, () => guard.assertHeld());
    const truth = packs.every((pack, position) => isWhereExpected(pack, placements[position]))
      ? ranges
      : await this.#relist(guard.signal);
    const stored = packs.flatMap((pack, position) => storedOf(pack, placements[position], pending, truth));
    return {
      stored: stored.sort((one, other) => one - other),
      tried: packs.reduce((sum, { indices }) => sum + indices.length, 0),
      refusals: placements.filter((placement) => 'code' in placement),
      overtaking: 0,
    };
  }

  async #list(signal: AbortSignal): Promise<HashRanges> {
    return new HashRanges(await this.#client.listShards(this.stream, signal));
  }

  /** Undefined if the list fails. The next request then lists again, and reports a failure. */
  async #relist(signal: AbortSignal): Promise<HashRanges | undefined> {
    this.#ranges = undefined;
    this.#ranges = await this.#list(signal).catch(() => undefined);
    return this.#ranges;
  }

  #shardOf(ranges: HashRanges, partitionKey: string): string {
    const shardId = ranges.shardOf(partitionKey);
    if (shardId !== undefined) return shardId;
    this.#ranges = undefined;
    throw new StreamError(
      'unavailable',
      `${this.stream} has no open shard for a partition key, because it is being resharded`,
    );
  }
}

function toRecord(entries: readonly PutEntry[]): PutEntry {
  const [first] = entries as [PutEntry];
  return entries.length === 1 ? first : { partitionKey: first.partitionKey, data: aggregate(entries) };
}

function isWhereExpected(pack: Pack, placement: Placement | undefined): boolean {
  return placement === undefined || 'code' in placement || placement.shardId === pack.shardId;
}

/** Indices of the pack's entries that are stored in the shard of their key. */
function storedOf(
  pack: Pack,
  placement: Placement | undefined,
  pending: readonly PutEntry[],
  truth: HashRanges | undefined,
): readonly number[] {
  if (placement === undefined || 'code' in placement) return [];
  const { shardId } = placement;
  // An entry that is alone was placed by Kinesis itself, so its shard is right.
  if (shardId === pack.shardId || pack.indices.length === 1) return pack.indices;
  return pack.indices.filter((index) => truth?.holds(shardId, pending[index]?.partitionKey ?? ''));
}
