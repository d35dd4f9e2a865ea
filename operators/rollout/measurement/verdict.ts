import type { Measurement } from '../decision/rollout.ts';
import { MetricsError } from './prometheus.ts';

/** The result of one check. */
export interface Check {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** Contains the value. If the check failed, also the limit. */
  readonly message: string;
}

/** Failed if a check failed, passed if all checks passed, else inconclusive. The message lists the decisive checks. */
export function combine(checks: readonly Check[], samples: number | undefined): Measurement {
  for (const verdict of ['failed', 'inconclusive'] as const) {
    const decisive = checks.filter((check) => check.verdict === verdict);
    if (decisive.length > 0) return measured(verdict, decisive, samples);
  }
  return measured('passed', checks, samples);
}

function measured(
  verdict: Check['verdict'],
  checks: readonly Check[],
  samples: number | undefined,
): Measurement {
  return { kind: 'measured', verdict, samples, message: checks.map((check) => check.message).join('; ') };
}

/** Checks a value against its limits. Without a value, or with NaN, the check is inconclusive. */
export function within(
  name: string,
  value: number | undefined,
  limits: { min?: number; max?: number },
): Check {
  if (value === undefined || Number.isNaN(value))
    return { verdict: 'inconclusive', message: `${name} has no value` };
  const text = `${name} is ${round(value)}`;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  if (value < min) return { verdict: 'failed', message: `${text}, below ${min}` };
  if (value > max) return { verdict: 'failed', message: `${text}, above ${max}` };
  return { verdict: 'passed', message: text };
}

/** Checks that there are enough records for a verdict. */
export function enoughSamples(samples: number, minimum: number): Check {
  return samples >= minimum
    ? { verdict: 'passed', message: `${samples} samples` }
    : { verdict: 'inconclusive', message: `${samples} of ${minimum} samples` };
}

/** Runs the queries of one measurement. An outage of Prometheus is a result, not an exception. */
export async function measure(queries: () => Promise<Measurement>): Promise<Measurement> {
  try {
    return await queries();
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    if (error.kind !== 'refused') return { kind: error.kind, message: error.message };
    return { kind: 'measured', verdict: 'inconclusive', samples: undefined, message: error.message };
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
