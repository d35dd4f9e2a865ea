import type { AwsEnvironment } from '../../infrastructure/environment-schema.ts';
import { type StackPart, stackParts } from '../../infrastructure/names.ts';

export interface DestroyPlan {
  /** What uses the data, in the order in which it goes: a stack goes before the stacks that it needs. */
  readonly users: readonly StackPart[];
  /** What holds the data, in that order too. It goes last: a pod that still runs would write into an emptied bucket. */
  readonly holders: readonly StackPart[];
  readonly kept: readonly StackPart[];
}

/** The database of the data stack is in the network of the network stack. */
const HOLD_DATA: readonly StackPart[] = ['data', 'network'];

/** Which stacks go. What holds data stays unless `withData`. */
export function destroyPlan(environment: AwsEnvironment, withData: boolean): DestroyPlan {
  const parts = stackParts(environment);
  const holders = parts.filter((part) => HOLD_DATA.includes(part));
  return {
    users: parts.filter((part) => !HOLD_DATA.includes(part)).toReversed(),
    holders: withData ? holders.toReversed() : [],
    kept: withData ? [] : holders,
  };
}
