import { REJECTION_CODES } from '../../../services/shared/agreements/rejection-codes.ts';
import type { CommandInput } from '../../command-line/command.ts';
import { UsageError } from '../../command-line/usage-error.ts';
import { findShard, shardsFor } from '../shard-name.ts';
import { assertPast, parseTime } from '../time-option.ts';
import type { LetterFilter } from './letter-filter.ts';

/** The dead letters that the options choose. @throws UsageError */
export function filterOf(input: Pick<CommandInput, 'text'>): LetterFilter {
  const codes = listOf(input, 'code');
  for (const code of codes ?? [])
    if (!Object.hasOwn(REJECTION_CODES, code))
      throw new UsageError(
        `--code ${code}: is no rejection code. The codes are ${Object.keys(REJECTION_CODES).join(', ')}`,
      );
  const sinceMilliseconds = timeOf(input, 'since');
  const untilMilliseconds = timeOf(input, 'until');
  if (
    sinceMilliseconds !== undefined &&
    untilMilliseconds !== undefined &&
    untilMilliseconds <= sinceMilliseconds
  )
    throw new UsageError(
      `--until ${input.text('until')} is not after --since ${input.text('since')}: no time is in between`,
    );
  return {
    codes,
    fields: listOf(input, 'field'),
    shard: input.text('shard'),
    sinceMilliseconds,
    untilMilliseconds,
  };
}

/**
 * The filter with the id of the shard that a person means. A shard that the stream no longer has stays as it was named.
 * @throws Error if more than one shard fits
 */
export function withShard(filter: LetterFilter, shardIds: readonly string[]): LetterFilter {
  const { shard } = filter;
  if (shard === undefined || shardsFor(shard, shardIds).length === 0) return filter;
  return { ...filter, shard: findShard(shard, shardIds) };
}

/** @throws Refusal if no dead letter can be old enough */
export function assertBegun({ sinceMilliseconds }: LetterFilter, nowMilliseconds: number): void {
  if (sinceMilliseconds !== undefined) assertPast('--since', sinceMilliseconds, nowMilliseconds);
}

function listOf(input: Pick<CommandInput, 'text'>, option: string): string[] | undefined {
  const text = input.text(option);
  if (text === undefined) return undefined;
  const values = text
    .split(',')
    .map((value) => value.trim())
    .filter(Boolean);
  if (values.length === 0) throw new UsageError(`--${option} ${text}: must name at least one ${option}`);
  return values;
}

function timeOf(input: Pick<CommandInput, 'text'>, option: string): number | undefined {
  const text = input.text(option);
  return text === undefined ? undefined : parseTime(`--${option}`, text);
}
