import {
  DEFAULT_VALIDITY_SECONDS,
  MAXIMUM_VALIDITY_SECONDS,
} from '../../services/shared/model-deployment/approval.ts';
import type { CommandInput } from '../command-line/command.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { Followers } from './followers.ts';

/** What the ModelDeployment asks for, as it says itself or as a person gives it. */
export interface Policy {
  readonly required: number;
  readonly expiresAfterSeconds: number;
  /** Names of keys that belong to no person. Alone they approve nothing. */
  readonly automated: readonly string[];
}

const DEFAULT: Policy = { required: 1, expiresAfterSeconds: DEFAULT_VALIDITY_SECONDS, automated: [] };

/** What options say of the policy. @throws UsageError */
export function givenPolicy(input: CommandInput): Partial<Policy> {
  const required = wholeNumber(input, 'required', 1, 10);
  const expiresAfterSeconds = wholeNumber(input, 'expires-after', 60, MAXIMUM_VALIDITY_SECONDS);
  const automated = input
    .text('automated')
    ?.split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return {
    ...(required === undefined ? {} : { required }),
    ...(expiresAfterSeconds === undefined ? {} : { expiresAfterSeconds }),
    ...(automated === undefined ? {} : { automated }),
  };
}

/** The options win. Of several ModelDeployments the strictest counts. */
export function policyOf(given: Partial<Policy>, followers: Followers): Policy {
  const objects = followers.kind === 'read' ? followers.objects : [];
  const demands = objects.flatMap(({ spec: { approval } }) => (approval === undefined ? [] : [approval]));
  if (demands.length === 0) return { ...DEFAULT, ...given };
  return {
    required: Math.max(...demands.map(({ required }) => required)),
    expiresAfterSeconds: Math.min(...demands.map((it) => it.expiresAfterSeconds)),
    automated: [...new Set(demands.flatMap(({ automatedKeys }) => automatedKeys))],
    ...given,
  };
}

function wholeNumber(input: CommandInput, option: string, least: number, most: number): number | undefined {
  const text = input.text(option);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`--${option} ${text}: give a whole number from ${least} to ${most}`);
}
