import { backoffMilliseconds } from '../../../services/shared/backoff.ts';
import type { PutEntry } from '../../../services/stream/client/stream-client.ts';
import { isStreamError } from '../../../services/stream/client/stream-error.ts';
import type { PutReport } from '../../../services/stream/write/output.ts';
import { PendingEntries } from '../../../services/stream/write/pending-entries.ts';
import { PlainOutput } from '../../../services/stream/write/plain-output.ts';
import { Refusal } from '../../command-line/usage-error.ts';
import type { Desk } from '../desk.ts';

const BACKOFF = { baseMilliseconds: 200, maximumMilliseconds: 5_000 };
/** Calls in a row that stored nothing, after which the command stops. */
const MOST_FAILURES = 12;

type PutDesk = Pick<Desk, 'client' | 'clock' | 'signal'>;

/**
 * Puts entries on a stream and tries refused entries again. It keeps the order of each key as the consumer does for its
 * decisions: few entries of a key go one by one, and many go in runs whose order is checked.
 */
export class RedrivePut {
  readonly #desk: PutDesk;
  readonly #output: PlainOutput;

  constructor(desk: PutDesk, stream: string) {
    this.#desk = desk;
    this.#output = new PlainOutput(desk.client, stream);
  }

  /**
   * Resolves once every entry is stored.
   * @param onStored gets the entries that Kinesis has confirmed, after each call
   * @throws Refusal if many tries stored nothing; StreamError if the stream is missing or the call is not allowed
   */
  async put<Entry extends PutEntry>(
    entries: readonly Entry[],
    onStored: (entries: readonly Entry[]) => Promise<void>,
  ): Promise<void> {
    const { clock, signal } = this.#desk;
    const pending = new PendingEntries(entries);
    for (let failures = 0; pending.entries.length > 0; ) {
      const { stored, tried, problem } = await this.#try(pending);
      if (stored.length > 0) await onStored(stored.map((index) => pending.entries[index] as Entry));
      pending.drop(stored);
      failures = stored.length > 0 ? 0 : failures + 1;
      if (failures >= MOST_FAILURES)
        throw new Refusal(
          `${this.#output.stream} stored nothing in ${failures} tries: ${problem}. Run the command again later`,
        );
      if (stored.length < tried) await clock.sleep(backoffMilliseconds(failures, BACKOFF), signal);
    }
  }

  async #try(
    pending: PendingEntries,
  ): Promise<Pick<PutReport, 'stored' | 'tried'> & { readonly problem: string }> {
    const { signal } = this.#desk;
    try {
      const report = await this.#output.put(pending, { signal, assertHeld: () => signal.throwIfAborted() });
      return { ...report, problem: report.refusals[0]?.code ?? '' };
    } catch (error) {
      if (!isStreamError(error, 'unavailable') && !isStreamError(error, 'throttled')) throw error;
      return { stored: [], tried: pending.entries.length, problem: error.message };
    }
  }
}
