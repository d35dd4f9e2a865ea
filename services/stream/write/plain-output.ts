import type { PutEntry, StreamClient } from '../client/stream-client.ts';
import type { Output, PutReport } from './output.ts';
import { selectWave } from './put-wave.ts';
import type { WriteGuard } from './write-guard.ts';

/** Puts each entry as a record of its own. */
export class PlainOutput implements Output {
  readonly stream: string;
  readonly #client: StreamClient;

  constructor(client: StreamClient, stream: string) {
    this.#client = client;
    this.stream = stream;
  }

  async put(pending: readonly PutEntry[], guard: WriteGuard): Promise<PutReport> {
    const wave = selectWave(pending);
    const whole = wave.length === pending.length;
    const entries = whole ? pending : wave.map((index) => pending[index] as PutEntry);
    guard.assertHeld();
    const outcomes = await this.#client.put(this.stream, entries, guard.signal);
    return {
      stored: new Set(wave.filter((_, position) => outcomes[position] === undefined)),
      tried: wave.length,
      refusals: outcomes.filter((outcome) => outcome !== undefined),
    };
  }
}
