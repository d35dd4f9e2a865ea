import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import { type StackPart, stackParts } from '../../infrastructure/names.ts';

export interface DestroyPlan {
  /** In the order in which they go: a stack goes before the stacks that it needs. */
  readonly stacks: readonly StackPart[];
  readonly kept: readonly StackPart[];
}

/** The database of the data stack is in the network of the network stack. */
const HOLD_DATA: readonly StackPart[] = ['data', 'network'];

/** Which stacks go. What holds data stays unless `withData`. */
export function destroyPlan(environment: AwsEnvironment, withData: boolean): DestroyPlan {
  const parts = stackParts(environment);
  const isKept = (part: StackPart) => !withData && HOLD_DATA.includes(part);
  return { stacks: parts.filter((part) => !isKept(part)).toReversed(), kept: parts.filter(isKept) };
}
