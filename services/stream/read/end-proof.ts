import type { StreamClient } from '../client/stream-client.ts';
import { StreamError } from '../client/stream-error.ts';
import type { StreamMetrics } from '../metrics.ts';

export interface EndProofOptions {
  readonly client: Pick<StreamClient, 'listShards'>;
  readonly stream: string;
  readonly shardId: string;
  readonly metrics: StreamMetrics;
}

/**
 * Decides if a shard has ended. An answer without a next position is only a hint: taken for the end of an open shard, it
 * would leave all later records unread for ever. Kinesis names the child shards with the end of a shard. Emulators do not,
 * but list the shard as closed.
 */
export class EndProof {
  readonly #options: EndProofOptions;

  constructor(options: EndProofOptions) {
    this.#options = options;
  }

  /**
   * Call this for an answer without a next position.
   * @returns why the shard does not count as ended; undefined if it has ended
   * @throws StreamError if the shards cannot be listed; the signal's reason
   */
  async doubt(
    { namesChildren }: { readonly namesChildren: boolean },
    signal: AbortSignal,
  ): Promise<StreamError | undefined> {
    if (namesChildren) return undefined;
    const { client, stream, shardId, metrics } = this.#options;
    const shards = await client.listShards(stream, signal);
    const listed = shards.find((shard) => shard.shardId === shardId);
    if (listed?.closed) return undefined;
    metrics.unprovenEnds.inc();
    const state = listed === undefined ? 'is not listed' : 'is open';
    return new StreamError(
      'unavailable',
      `${shardId}: the answer has no next position, but the shard ${state}`,
    );
  }
}
