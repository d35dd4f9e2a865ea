import type { Measurement } from '../decision/rollout.ts';
import { MetricsError } from './prometheus.ts';

/** One thing that was looked at. */
export interface Check {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** With the value and the limit. */
  readonly message: string;
}

/** Failed where any check failed, passed where all passed, else inconclusive. The message tells of the decisive checks. */
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

/** A value against its limits. A value that is missing or not a number is neither passed nor failed. */
export function within(
  what: string,
  value: number | undefined,
  limits: { min?: number; max?: number },
): Check {
  if (value === undefined || Number.isNaN(value))
    return { verdict: 'inconclusive', message: `${what} has no value` };
  const text = `${what} is ${round(value)}`;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  if (value < min) return { verdict: 'failed', message: `${text}, below ${min}` };
  if (value > max) return { verdict: 'failed', message: `${text}, above ${max}` };
  return { verdict: 'passed', message: text };
}

/** Enough records to judge by. */
export function enough(samples: number, minimum: number): Check {
  return samples >= minimum
    ? { verdict: 'passed', message: `${samples} samples` }
    : { verdict: 'inconclusive', message: `${samples} of ${minimum} samples` };
}

/** Runs the queries of one measurement; an outage is a result. */
export async function measure(queries: () => Promise<Measurement>): Promise<Measurement> {
  try {
    return await queries();
  } catch (error) {
    if (!(error instanceof MetricsError)) throw error;
    if (error.kind === 'unreachable') return { kind: 'unreachable', message: error.message };
    return { kind: 'measured', verdict: 'inconclusive', samples: undefined, message: error.message };
  }
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
