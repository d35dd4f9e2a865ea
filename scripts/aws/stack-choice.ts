import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import { type StackPart, stackParts } from '../../infrastructure/names.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** Reads `--stacks data,access`. @throws UsageError if the settings have no such stack */
export function chooseStacks(text: string, environment: AwsEnvironment): readonly StackPart[] {
  const parts = stackParts(environment);
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !parts.some((part) => part === name));
  if (unknown.length > 0)
    throw new UsageError(
      `--stacks ${text}: there is no stack ${unknown.join(', ')}; name some of ${parts.join(', ')}`,
    );
  return parts.filter((part) => names.includes(part));
}
