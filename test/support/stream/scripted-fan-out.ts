import type {
  FanOutClient,
  FanOutConsumer,
  FanOutEvent,
} from '../../../services/stream/client/fan-out-client.ts';
import type { IteratorStart } from '../../../services/stream/client/stream-client.ts';
import { recordAt } from './stream-record.ts';

/** Script of one subscription: events that are pushed, or an error that breaks the subscription. */
export type Script = readonly (FanOutEvent | Error | 'silence')[];

/** An event with records of these numbers. Its continuation is the last record, or `change.continuation`. */
export function pushed(numbers: readonly number[], change: Partial<FanOutEvent> = {}): FanOutEvent {
  const records = numbers.map((number) => recordAt(number));
  return {
    records,
    continuation: records.at(-1)?.sequenceNumber ?? 'horizon',
    namesChildren: false,
    behindMilliseconds: 0,
    ...change,
  };
}

/** Plays one script for each subscription, and the last script for all further subscriptions. */
export class ScriptedFanOut implements FanOutClient {
  readonly starts: IteratorStart[] = [];
  readonly signals: AbortSignal[] = [];
  /** Number of events that the reader took. */
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
