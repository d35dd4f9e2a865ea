import { backoffMilliseconds } from '../../../services/shared/backoff.ts';
import type { PutEntry } from '../../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../../services/stream/client/stream-error.ts';
import type { Desk } from '../desk.ts';
import { Refusal } from '../usage-error.ts';

const BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 5_000 };
/** Calls in a row that stored nothing, after which the redrive stops. */
const MOST_FAILURES = 12;
/** Limits of PutRecords are 500 records and 10 MiB. Emulators take only 7 MiB. */
const MOST_ENTRIES = 500;
const MOST_BYTES = 5 * 1024 * 1024;

export interface RedriveEntry extends PutEntry {
  readonly decisionId: string;
}

/** Collects the entries of one PutRecords call. A key comes once in a call, because a call does not keep the order. */
export class RedriveChunk {
  readonly #most: number;
  #entries: RedriveEntry[] = [];
  #bytes = 0;
  readonly #keys = new Set<string>();

  /** @param most most entries, e.g. the rate of one second */
  constructor(most: number) {
    this.#most = Math.max(1, Math.min(most, MOST_ENTRIES));
  }

  takes({ partitionKey, data }: RedriveEntry): boolean {
    if (this.#entries.length === 0) return true;
    const fits = this.#entries.length < this.#most && this.#bytes + data.length <= MOST_BYTES;
    return fits && !this.#keys.has(partitionKey);
  }

  add(entry: RedriveEntry): void {
    this.#entries.push(entry);
    this.#keys.add(entry.partitionKey);
    this.#bytes += entry.data.length;
  }

  /** The entries, and an empty chunk from now on. */
  drain(): readonly RedriveEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#keys.clear();
    this.#bytes = 0;
    return entries;
  }
}

/**
 * Puts the entries and tries refused entries again.
 * @param onStored gets the entries that Kinesis has confirmed, after each call
 * @throws Refusal if many tries stored nothing; StreamError if the stream is missing or the call is not allowed
 */
export async function putUntilStored(
  desk: Desk,
  stream: string,
  entries: readonly RedriveEntry[],
  onStored: (entries: readonly RedriveEntry[]) => Promise<void>,
): Promise<void> {
  const { clock, signal } = desk;
  let missing = entries;
  for (let failures = 0; missing.length > 0; ) {
    const { refused, problem } = await put(desk, stream, missing);
    const stored = missing.filter((entry) => !refused.has(entry));
    if (stored.length > 0) await onStored(stored);
    failures = stored.length > 0 ? 0 : failures + 1;
    if (failures >= MOST_FAILURES)
      throw new Refusal(
        `${stream} stored nothing in ${failures} tries: ${problem}. Run the command again later`,
      );
    missing = missing.filter((entry) => refused.has(entry));
    if (missing.length > 0) await clock.sleep(backoffMilliseconds(failures, BACKOFF), signal);
  }
}

interface PutResult {
  readonly refused: ReadonlySet<RedriveEntry>;
  readonly problem: string;
}

async function put(
  { client, signal }: Desk,
  stream: string,
  entries: readonly RedriveEntry[],
): Promise<PutResult> {
  try {
    const results = await client.put(stream, entries, signal);
    const refused = entries.filter((_, index) => results[index] !== undefined);
    const problem = results.find((result) => result !== undefined)?.code ?? '';
    return { refused: new Set(refused), problem };
  } catch (error) {
    if (!isStreamError(error, 'unavailable') && !isStreamError(error, 'throttled')) throw error;
    return { refused: new Set(entries), problem: error.message };
  }
}
