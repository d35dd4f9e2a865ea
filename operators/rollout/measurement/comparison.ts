import type { Sample } from './prometheus.ts';
import { type Check, within } from './verdict.ts';

/**
 * Checks the value of the candidate divided by the value of the stable version. Both must be 0 or more. Two zeros are equal,
 * so their ratio is 1. Any value beside a zero of the stable version is above each maximum.
 */
export function comparison(
  name: string,
  candidate: readonly Sample[],
  stable: readonly Sample[],
  limits: { min?: number; max?: number },
): Check {
  const own = oneValue(candidate);
  const other = finite(oneValue(stable));
  const check = within(
    name,
    own === undefined || other === undefined ? undefined : ratio(own, other),
    limits,
  );
  if (own !== undefined && other !== undefined)
    return {
      ...check,
      message: `${check.message} (${short(own)} beside ${short(other)} of the stable version)`,
    };
  const whose = own === undefined ? 'the candidate' : 'the stable version';
  return { ...check, message: `${name} has no single value of 0 or more for ${whose}` };
}

function oneValue(samples: readonly Sample[]): number | undefined {
  const [first] = samples;
  // The absolute value makes 0 of -0, and a division by -0 would be -∞.
  return samples.length === 1 && first !== undefined && first.value >= 0 ? Math.abs(first.value) : undefined;
}

/** Nothing can be compared with an infinite value. */
function finite(value: number | undefined): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function ratio(own: number, other: number): number {
  return own === other ? 1 : own / other;
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
