import type { CommandInput } from '../command-line/command.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** What the ModelDeployment asks for, as a person gives it. */
export interface Policy {
  readonly required: number;
  readonly expiresAfterSeconds: number;
  /** Names of keys that belong to no person. Alone they approve nothing. */
  readonly automated: readonly string[];
}

const WEEK_SECONDS = 7 * 24 * 3600;
const YEAR_SECONDS = 366 * 24 * 3600;

/** @throws UsageError */
export function policyOf(input: CommandInput): Policy {
  return {
    required: wholeNumber(input, 'required', 1, 10),
    expiresAfterSeconds: wholeNumber(input, 'expires-after', WEEK_SECONDS, YEAR_SECONDS),
    automated: (input.text('automated') ?? '').split(',').filter(Boolean),
  };
}

function wholeNumber(input: CommandInput, option: string, otherwise: number, most: number): number {
  const text = input.text(option);
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UsageError(`--${option} ${text}: give a whole number from 1 to ${most}`);
}
