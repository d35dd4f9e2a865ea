import type { PutEntry, StreamClient } from '../client/stream-client.ts';
import type { Output, PutReport } from './output.ts';
import type { PendingEntries } from './pending-entries.ts';
import { MAXIMUM_ENTRIES, MAXIMUM_REQUEST_BYTES } from './put-wave.ts';
import type { WriteGuard } from './write-guard.ts';

/** Puts each entry as a record of its own, and fills every request, whatever the keys. Entries of one key may change places. */
export class UnorderedOutput implements Output {
  readonly stream: string;
  readonly #client: StreamClient;

  constructor(client: StreamClient, stream: string) {
    this.#client = client;
    this.stream = stream;
  }

  async put({ entries: all }: PendingEntries, guard: WriteGuard): Promise<PutReport> {
    const entries = all.slice(0, fitting(all));
    guard.assertHeld();
    const outcomes = await this.#client.put(this.stream, entries, guard.signal, () => guard.assertHeld());
    return {
      stored: [...entries.keys()].filter((position) => outcomes[position] === undefined),
      tried: entries.length,
      refusals: outcomes.filter((outcome) => outcome !== undefined),
      overtaking: 0,
    };
  }
}

/** The number of first entries that fit into one PutRecords. At least 1. */
function fitting(entries: readonly PutEntry[]): number {
  let bytes = 0;
  for (const [index, { partitionKey, data }] of entries.entries()) {
    bytes += data.length + partitionKey.length;
    if (index === MAXIMUM_ENTRIES || (index > 0 && bytes > MAXIMUM_REQUEST_BYTES)) return index;
  }
  return entries.length;
}
