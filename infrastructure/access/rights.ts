import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { accept } from '../nag-reasons.ts';
import type { Place, Right } from '../permissions.ts';

/** A statement for each row. */
export function statementsOf(rights: readonly Right[], place: Place): PolicyStatement[] {
  return rights.map(
    ({ actions, resources, conditions }) =>
      new PolicyStatement({
        actions: [...actions],
        resources: [...resources(place)],
        ...(conditions ? { conditions: conditions(place) } : {}),
      }),
  );
}

/** Explains to cdk-nag the resources of these rows that have no names when `policy` is made. */
export function acceptPrefixes(policy: IConstruct, rights: readonly Right[], place: Place): void {
  const prefixes = rights.flatMap(({ resources }) => resources(place)).filter((it) => it.endsWith('*'));
  for (const prefix of new Set(prefixes)) {
    accept(policy, {
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${prefix}]`,
      reason:
        'The objects below a prefix, and the consumers of a stream, have no names when the role is made.',
    });
  }
}
