import type { CheckResult } from '../../../services/shared/model-deployment/status.ts';
import type { Measurement } from '../decision/rollout.ts';
import { truncate } from '../decision/truncate.ts';
import type { MetricsError } from './prometheus.ts';

/** The result of one check. The last three say that Prometheus gave no whole answer. */
export interface Check {
  readonly verdict: 'passed' | 'failed' | 'inconclusive' | 'partial' | 'unreachable' | 'notAllowed';
  /** Contains the value. If the check failed, also the limit. */
  readonly message: string;
  /** What was checked, and with which limits. Undefined for a part of a check, such as a count that is missing. */
  readonly of?: Checked | undefined;
  readonly reason?: MetricsError['reason'];
  /** Why a part of the series may be missing. */
  readonly warning?: string;
}

/** The name, the value and the limits of a check. */
interface Checked {
  readonly name: string;
  readonly value?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** More checks than the status holds. A shadow phase has one for each group of applicants. */
const MAXIMUM_CHECKS = 40;
const NAME_LENGTH = 100;

/** The verdicts that outweigh a passed check, the weightiest first. A failed check needs no other answer. */
const WEIGHTIEST_FIRST = ['failed', 'notAllowed', 'unreachable', 'partial', 'inconclusive'] as const;

/** The measurement by its weightiest checks. The message lists them. Passed only if all checks passed. */
export function combine(checks: readonly Check[], samples: number | undefined): Measurement {
  for (const verdict of WEIGHTIEST_FIRST) {
    const decisive = checks.filter((check) => check.verdict === verdict);
    if (decisive.length === 0) continue;
    const message = messageOf(decisive);
    return verdict === 'failed' || verdict === 'inconclusive'
      ? { kind: 'measured', verdict, samples, message, checks: results(checks) }
      : { kind: verdict, message, reason: decisive[0]?.reason };
  }
  return {
    kind: 'measured',
    verdict: 'passed',
    samples,
    message: messageOf(checks),
    checks: results(checks),
  };
}

/** The checks as the status shows them. If there are too many, those that passed are left out first. */
function results(checks: readonly Check[]): readonly CheckResult[] {
  const shown = checks.flatMap(({ verdict, of }) => (of === undefined ? [] : [result(verdict, of)]));
  if (shown.length <= MAXIMUM_CHECKS) return shown;
  const kept = new Set(
    ['failed', 'inconclusive', 'passed']
      .flatMap((verdict) => shown.filter((check) => check.verdict === verdict))
      .slice(0, MAXIMUM_CHECKS),
  );
  return shown.filter((check) => kept.has(check));
}

function result(verdict: Check['verdict'], { name, value, min, max }: Checked): CheckResult {
  const known = verdict === 'passed' || verdict === 'failed' ? verdict : 'inconclusive';
  return {
    name: truncate(name, NAME_LENGTH),
    // JSON has no other numbers.
    ...(value !== undefined && Number.isFinite(value) ? { value } : {}),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    verdict: known,
  };
}

function messageOf(checks: readonly Check[]): string {
  const warnings = new Set(checks.flatMap(({ warning }) => warning ?? []));
  const messages = new Set(checks.map(({ message }) => message));
  return [[...messages].join('; '), ...warnings].join('. ');
}

/**
 * Checks a value against its limits. Without a value, or with NaN, the check is inconclusive. So it is with an infinite
 * value within the limits: a division by zero proves nothing good.
 */
export function within(
  name: string,
  value: number | undefined,
  limits: { min?: number; max?: number },
): Check {
  const of = { name, value, ...limits };
  if (value === undefined || Number.isNaN(value))
    return { verdict: 'inconclusive', message: `${name} has no value`, of };
  const text = `${name} is ${round(value)}`;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  if (value < min) return { verdict: 'failed', message: `${text}, below ${min}`, of };
  if (value > max) return { verdict: 'failed', message: `${text}, above ${max}`, of };
  return { verdict: Number.isFinite(value) ? 'passed' : 'inconclusive', message: text, of };
}

/** Checks that there are enough records for a verdict. */
export function enoughSamples(samples: number, minimum: number): Check {
  const of = { name: 'samples', value: samples, min: minimum };
  return samples >= minimum
    ? { verdict: 'passed', message: `${samples} samples`, of }
    : { verdict: 'inconclusive', message: `${samples} of ${minimum} samples`, of };
}

/**
 * A number of records. Prometheus may give NaN, an infinite value, a fraction or a huge value. Status holds whole numbers
 * that a double represents exactly.
 */
export function wholeRecords(value: number | undefined): number {
  if (value === undefined || !Number.isFinite(value) || value <= 0) return 0;
  return Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER);
}

/** A part of the series may be missing, so the check may fail a version but not pass it. */
export function fromPart(check: Check, warning: string | undefined): Check {
  if (warning === undefined || check.verdict === 'failed') return check;
  return { ...check, verdict: 'partial', warning };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
