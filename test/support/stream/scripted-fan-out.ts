import type {
  FanOutClient,
  FanOutConsumer,
  FanOutEvent,
} from '../../../services/stream/client/fan-out-client.ts';
import type { IteratorStart } from '../../../services/stream/client/stream-client.ts';
import { recordAt } from './stream-record.ts';

/** What happens in one subscription: events are pushed, an error breaks it. */
export type Script = readonly (FanOutEvent | Error | 'silence')[];

/** Records of these numbers; goes on after the last one, or after `change.continuation`. */
export function pushed(numbers: readonly number[], change: Partial<FanOutEvent> = {}): FanOutEvent {
  const records = numbers.map((number) => recordAt(number));
  return {
    records,
    continuation: records.at(-1)?.sequenceNumber ?? 'horizon',
    behindMilliseconds: 0,
    ...change,
  };
}

/** Plays one script for each subscription; the last one again and again. */
export class ScriptedFanOut implements FanOutClient {
  readonly starts: IteratorStart[] = [];
  readonly signals: AbortSignal[] = [];
  /** Events that were taken. */
  taken = 0;
  registrations = 0;
  readonly #scripts: Script[];

  constructor(...scripts: readonly Script[]) {
    this.#scripts = [...scripts];
  }

  async describeConsumer(): Promise<FanOutConsumer> {
    this.registrations++;
    return { arn: `consumer-${this.registrations}`, status: 'ACTIVE' };
  }

  registerConsumer(): Promise<FanOutConsumer> {
    return this.describeConsumer();
  }

  async *subscribe(
    _consumerArn: string,
    _shardId: string,
    start: IteratorStart,
    signal: AbortSignal,
  ): AsyncGenerator<FanOutEvent, void> {
    this.starts.push(start);
    this.signals.push(signal);
    const script = this.#scripts.length > 1 ? this.#scripts.shift() : this.#scripts[0];
    for (const step of script ?? []) {
      if (step instanceof Error) throw step;
      if (step === 'silence') await new Promise(() => {});
      else {
        this.taken++;
        yield step;
      }
    }
  }

  close(): void {}
}
