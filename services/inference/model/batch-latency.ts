import type { ServingContract } from '../../shared/contract/serving-contract.ts';
import { FeatureColumns } from './feature-columns.ts';
import type { Model } from './model.ts';

const BATCH_ROWS = 256;
const WARM_UP_BATCHES = 20;
const MEASURED_BATCHES = 200;

/** Largest number of rounds. Other pods on the node can make a model look slower, but never faster. */
const ROUNDS = 3;

/**
 * 99th percentile of the time, in milliseconds, that the model takes for 256 rows (its golden samples, repeated). The value
 * is that of the first round within the limit, or else of the best round.
 */
export async function batchLatencyP99Milliseconds(
  model: Model,
  contract: ServingContract,
  { limitMilliseconds, monotonic }: { readonly limitMilliseconds: number; readonly monotonic: () => number },
): Promise<number> {
  const { golden } = contract;
  const rows = Array.from({ length: BATCH_ROWS }, (_, index) => golden[index % golden.length]?.input ?? {});
  const features = FeatureColumns.fromRows(contract, rows);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS && best > limitMilliseconds; round++) {
    best = Math.min(best, await p99OfRound(() => model.score(features, BATCH_ROWS), monotonic));
  }
  return best;
}

async function p99OfRound(score: () => Promise<unknown>, monotonic: () => number): Promise<number> {
  const milliseconds: number[] = [];
  for (let batch = 0; batch < WARM_UP_BATCHES + MEASURED_BATCHES; batch++) {
    const started = monotonic();
    await score();
    if (batch >= WARM_UP_BATCHES) milliseconds.push(monotonic() - started);
  }
  milliseconds.sort((one, other) => one - other);
  return milliseconds[Math.ceil(MEASURED_BATCHES * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
}
