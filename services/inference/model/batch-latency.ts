import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { FeatureColumns } from './feature-columns.ts';
import type { Model } from './model.ts';

const BATCH_ROWS = 256;
const WARM_UP_BATCHES = 20;
const MEASURED_BATCHES = 200;

/** 99th percentile of the time, in milliseconds, that the model takes for 256 rows (its golden samples, repeated). */
export async function batchLatencyP99Milliseconds(
  model: Model,
  contract: ServingContract,
  monotonic: () => number,
): Promise<number> {
  const { golden } = contract;
  const rows = Array.from({ length: BATCH_ROWS }, (_, index) => golden[index % golden.length]?.input ?? {});
  const features = FeatureColumns.fromRows(contract.fields, rows);
  const milliseconds: number[] = [];
  for (let batch = 0; batch < WARM_UP_BATCHES + MEASURED_BATCHES; batch++) {
    const started = monotonic();
    await model.score(features, BATCH_ROWS);
    if (batch >= WARM_UP_BATCHES) milliseconds.push(monotonic() - started);
  }
  milliseconds.sort((one, other) => one - other);
  return milliseconds[Math.ceil(MEASURED_BATCHES * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
}
