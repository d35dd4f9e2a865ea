import type { PutEntry, StreamClient } from '../client/stream-client.ts';
import type { Output, PutReport } from './output.ts';
import type { PendingEntries } from './pending-entries.ts';
import { selectWave, type Wave } from './put-wave.ts';
import { RunLength } from './run-length.ts';
import { storedInOrder } from './stored-in-order.ts';
import type { WriteGuard } from './write-guard.ts';

/** Puts each entry as a record of its own, in order by partition key. */
export class PlainOutput implements Output {
  readonly stream: string;
  readonly #client: StreamClient;
  readonly #runLength = new RunLength();

  constructor(client: StreamClient, stream: string) {
    this.#client = client;
    this.stream = stream;
  }

  async put(pending: PendingEntries, guard: WriteGuard): Promise<PutReport> {
    const all = pending.entries;
    const wave = selectWave(pending, this.#runLength.entries);
    const whole = wave.indices.length === all.length;
    const entries = whole ? all : wave.indices.map((index) => all[index] as PutEntry);
    guard.assertHeld();
    const report = await (wave.longestRun > 1
      ? this.#putRuns(wave, entries, guard)
      : this.#putSingles(wave, entries, guard));
    if (report.stored.length === entries.length) this.#runLength.kept(wave.longestRun);
    return report;
  }

  /** Every key is there once, so no entry can overtake another entry of its key. */
  async #putSingles({ indices }: Wave, entries: readonly PutEntry[], guard: WriteGuard): Promise<PutReport> {
    const outcomes = await this.#client.put(this.stream, entries, guard.signal, () => guard.assertHeld());
    const refusals = outcomes.filter((outcome) => outcome !== undefined);
    return {
      stored:
        refusals.length === 0 ? indices : indices.filter((_, position) => outcomes[position] === undefined),
      tried: indices.length,
      refusals,
      overtaking: 0,
    };
  }

  async #putRuns({ indices }: Wave, entries: readonly PutEntry[], guard: WriteGuard): Promise<PutReport> {
    let keptOrder = false;
    try {
      const placements = await this.#client.place(this.stream, entries, guard.signal, () =>
        guard.assertHeld(),
      );
      const { positions, overtaking } = storedInOrder(entries, placements);
      keptOrder = overtaking === 0;
      return {
        stored: positions.map((position) => indices[position] as number),
        tried: indices.length,
        refusals: placements.filter((placement) => 'code' in placement),
        overtaking,
      };
    } finally {
      // A request that failed may have been stored in part.
      if (!keptOrder) this.#runLength.broken();
    }
  }
}
