import type { NumberField } from '../../shared/contract/serving-contract.ts';

/** Greatest finite float32. The graph reads numbers as float32. */
const GREATEST_FLOAT32 = 3.4028234663852886e38;

/**
 * Smallest and largest number that a field takes. A bound such as 0.3 also admits the nearest float32, because a client
 * of /v2 cannot send 0.3 itself.
 */
export function acceptedRange({
  minimum = -GREATEST_FLOAT32,
  maximum = GREATEST_FLOAT32,
}: Pick<NumberField, 'minimum' | 'maximum'>): { readonly lowest: number; readonly highest: number } {
  return {
    lowest: Math.max(Math.min(minimum, Math.fround(minimum)), -GREATEST_FLOAT32),
    highest: Math.min(Math.max(maximum, Math.fround(maximum)), GREATEST_FLOAT32),
  };
}
