import type { Batch, GiveUp, Outcome, RecordProcessor, StreamRecord } from '../record.ts';
import type { ProcessorGate } from './processor-gate.ts';

/** Has batches of all shards processed side by side, but none while a suspect is in the processor. */
export class SharedProcessor implements RecordProcessor {
  readonly #processor: RecordProcessor;
  readonly #gate: ProcessorGate;

  constructor(processor: RecordProcessor, gate: ProcessorGate) {
    this.#processor = processor;
    this.#gate = gate;
  }

  process(batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]> {
    return this.#gate.besideOthers(() => this.#processor.process(batch, signal), signal);
  }

  reject(batch: Batch, record: StreamRecord, giveUp: GiveUp): Outcome {
    return this.#processor.reject(batch, record, giveUp);
  }

  published(batch: Batch): void {
    this.#processor.published(batch);
  }
}
