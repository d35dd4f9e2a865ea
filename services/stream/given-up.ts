import type { ProcessedBatch } from './bisect-batch.ts';
import type { Batch, GiveUp, Outcome, StreamRecord } from './record.ts';

export interface GivenUpOptions {
  /** Why each record of the batch is given up. Undefined for a record that must be processed. */
  readonly giveUps: readonly (GiveUp | undefined)[];
  readonly process: (rest: Batch) => Promise<ProcessedBatch>;
  /** Makes the dead letter of a record. */
  readonly reject: (record: StreamRecord, giveUp: GiveUp) => Outcome;
}

/** Processes a batch without the records that are given up. Their dead letters take their places among the outcomes. */
export async function processWithoutGivenUp(batch: Batch, options: GivenUpOptions): Promise<ProcessedBatch> {
  const { giveUps, process, reject } = options;
  const records = batch.records.filter((_, index) => giveUps[index] === undefined);
  const processed = records.length === 0 ? undefined : await process({ ...batch, records });
  const rest = (processed?.outcomes ?? []).values();
  return {
    outcomes: batch.records.map((record, index) => {
      const giveUp = giveUps[index];
      return giveUp === undefined ? (rest.next().value as Outcome) : reject(record, giveUp);
    }),
    batches: processed?.batches ?? [],
  };
}
