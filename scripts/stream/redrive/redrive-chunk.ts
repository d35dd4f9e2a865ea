import type { PutEntry } from '../../../services/stream/client/stream-client.ts';
import { MAXIMUM_ENTRIES, MAXIMUM_REQUEST_BYTES } from '../../../services/stream/write/put-wave.ts';

export interface RedriveEntry extends PutEntry {
  readonly decisionId: string;
}

/** Collects the entries that are put together. The next chunk begins once all of them are stored. */
export class RedriveChunk {
  readonly #most: number;
  #entries: RedriveEntry[] = [];
  #bytes = 0;

  /** @param most most entries, e.g. the rate of one second */
  constructor(most: number) {
    this.#most = Math.max(1, Math.min(most, MAXIMUM_ENTRIES));
  }

  takes({ data }: RedriveEntry): boolean {
    if (this.#entries.length === 0) return true;
    return this.#entries.length < this.#most && this.#bytes + data.length <= MAXIMUM_REQUEST_BYTES;
  }

  add(entry: RedriveEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.data.length;
  }

  /** The entries, and an empty chunk from now on. */
  drain(): readonly RedriveEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    return entries;
  }
}
