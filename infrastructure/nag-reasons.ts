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

/** Accepts that a role has the policies that AWS makes for the software that assumes the role. */
export function acceptAwsPolicies(role: IConstruct, ...policies: readonly string[]): void {
  accept(
    role,
    ...policies.map((policy) => ({
      id: `AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${policy}]`,
      reason:
        'AWS keeps this policy in step with the software that needs it. A copy would lack rights after an update.',
    })),
  );
}
