import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Why a finding of cdk-nag holds and is accepted. `for` says to which part of the construct it belongs. */
export interface NagReason {
  /** Rule, or rule and finding: `AwsSolutions-IAM4[Policy::…]`. */
  readonly id: string;
  readonly reason: string;
}

/** Accepts findings at `construct` and below it. */
export function accept(construct: IConstruct, ...reasons: readonly NagReason[]): void {
  Validations.of(construct).acknowledge(...reasons);
}
