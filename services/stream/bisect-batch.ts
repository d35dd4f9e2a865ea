import type { Batch, Outcome } from './record.ts';

export interface ProcessedBatch {
  /** One outcome for each record, in the same order. */
  readonly outcomes: readonly Outcome[];
  /** The batches that the processor decided. It is told of them once their outcomes are confirmed. */
  readonly batches: readonly Batch[];
}

/** Processes a batch of two or more records as two halves, one after the other, which keeps the order. */
export async function bisectBatch(
  batch: Batch,
  process: (half: Batch) => Promise<ProcessedBatch>,
): Promise<ProcessedBatch> {
  const middle = batch.records.length >> 1;
  const first = await process({ ...batch, records: batch.records.slice(0, middle) });
  const second = await process({ ...batch, records: batch.records.slice(middle) });
  return {
    outcomes: [...first.outcomes, ...second.outcomes],
    batches: [...first.batches, ...second.batches],
  };
}
