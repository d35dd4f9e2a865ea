import type {
  Placement,
  PutEntry,
  PutRefusal,
  StreamClient,
} from '../../../services/stream/client/stream-client.ts';
import { StreamError } from '../../../services/stream/client/stream-error.ts';

/** What happens to one request. */
export interface Mishap {
  /** `lost before`: nothing is stored. `lost after`: entries are stored and no answer comes. `shuffled`: stored backwards. */
  readonly call: 'none' | 'lost before' | 'lost after' | 'shuffled';
  /** True for each entry that is refused, by position in the request. Further entries are stored. */
  readonly refused: readonly boolean[];
}

/** An output stream of one shard. It plays one mishap for each request, and none once all are played. */
export class PlayedStream implements Pick<StreamClient, 'put' | 'place'> {
  readonly stored: PutEntry[] = [];
  readonly requests: { readonly entries: number; readonly bytes: number }[] = [];
  readonly #mishaps: Iterator<Mishap>;

  constructor(mishaps: readonly Mishap[]) {
    this.#mishaps = mishaps.values();
  }

  async put(stream: string, entries: readonly PutEntry[]): Promise<readonly (PutRefusal | undefined)[]> {
    const placements = await this.place(stream, entries);
    return placements.map((placement) => ('code' in placement ? placement : undefined));
  }

  async place(_stream: string, entries: readonly PutEntry[]): Promise<readonly Placement[]> {
    const bytes = entries.reduce((sum, it) => sum + it.data.length + it.partitionKey.length, 0);
    this.requests.push({ entries: entries.length, bytes });
    const { call, refused } = this.#mishaps.next().value ?? { call: 'none', refused: [] };
    if (call === 'lost before') throw new StreamError('unavailable', 'reset');
    const placements = new Array<Placement>(entries.length);
    const positions = [...entries.keys()];
    for (const position of call === 'shuffled' ? positions.reverse() : positions) {
      if (refused[position]) placements[position] = { code: 'InternalFailure', message: '' };
      else {
        this.stored.push(entries[position] as PutEntry);
        placements[position] = { shardId: 'shard', sequenceNumber: String(this.stored.length) };
      }
    }
    if (call === 'lost after') throw new StreamError('unavailable', 'reset');
    return placements;
  }
}
