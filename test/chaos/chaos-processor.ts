import type { Batch, GiveUp, Outcome, RecordProcessor, StreamRecord } from '../../services/stream/record.ts';
import { decisionStack } from '../support/model/decision-stack.ts';
import { FakeModel } from '../support/model/fake-model.ts';
import { EchoProcessor, textOf } from '../support/stream/echo-processor.ts';
import { POISON } from './hostile-payload.ts';

/** Longer than a lease of the run. */
const HOLD_MILLISECONDS = 3_000;
const NUMBERED = /^[a-z]+-\d{1,9}\/\d{1,9}$/;
const LONGEST_NUMBERED_BYTES = 40;

/** Echoes numbered texts. Every other payload goes through the real decoder. A poison text holds the event loop. */
export class ChaosProcessor implements RecordProcessor {
  readonly #echo = new EchoProcessor();
  readonly #decisions = decisionStack({ stable: new FakeModel() }).processor;

  async process(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    if (batch.records.some(isPoison)) holdEventLoop();
    const hostile = batch.records.filter((record) => !isNumbered(record));
    const rejected =
      hostile.length === 0 ? [] : await this.#decisions.process({ ...batch, records: hostile }, signal);
    const rest = rejected.values();
    const echoes = (await this.#echo.process(batch)).values();
    return batch.records.map((record) => {
      const echo = echoes.next().value as Outcome;
      if (isNumbered(record)) return echo;
      // An empty application is decided. It is published beside the dead letters, because only its arrival counts.
      const { data } = rest.next().value as Outcome;
      return { kind: 'rejection', partitionKey: record.partitionKey, data };
    });
  }

  reject(batch: Batch, record: StreamRecord, giveUp: GiveUp): Outcome {
    return isNumbered(record)
      ? this.#echo.reject(batch, record, giveUp)
      : this.#decisions.reject(batch, record, giveUp);
  }

  published(): void {}
}

function isPoison(record: StreamRecord): boolean {
  return record.data.length === POISON.length && textOf(record) === POISON;
}

function isNumbered(record: StreamRecord): boolean {
  return record.data.length <= LONGEST_NUMBERED_BYTES && NUMBERED.test(textOf(record));
}

function holdEventLoop(): void {
  for (const until = performance.now() + HOLD_MILLISECONDS; performance.now() < until; );
}
