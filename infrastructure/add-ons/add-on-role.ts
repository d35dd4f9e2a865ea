import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks-v2';
import { Policy, type PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type PodAccount, trustOf } from '../access/trust.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import { clusterName } from '../names.ts';

export interface AddOnRoleProps {
  readonly environment: AwsEnvironment;
  readonly account: PodAccount;
  readonly statements: readonly PolicyStatement[];
  /** Why some resources or actions have wildcards. */
  readonly wildcards?: string;
}

/** The role of an add-on's ServiceAccount. */
export class AddOnRole extends Construct {
  /** Annotations that the ServiceAccount needs. */
  readonly annotations: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: AddOnRoleProps) {
    super(scope, id);
    const { environment, account, statements, wildcards } = props;
    const { cluster } = environment;
    const role = new Role(this, 'role', {
      description: `Pods of the ServiceAccount ${account.serviceAccount} in namespace ${account.namespace}`,
      assumedBy: trustOf(environment, account),
    });
    const policy = new Policy(this, 'policy', {
      policyName: 'rights',
      roles: [role],
      statements: [...statements],
    });
    if (wildcards) acceptWildcards(policy, statements, wildcards);
    if (cluster.kind === 'existing' && cluster.identity.kind === 'irsa') {
      this.annotations = { 'eks.amazonaws.com/role-arn': role.roleArn };
      return;
    }
    this.annotations = {};
    new CfnPodIdentityAssociation(this, 'association', {
      clusterName: clusterName(environment),
      ...account,
      roleArn: role.roleArn,
    });
  }
}

function acceptWildcards(policy: Policy, statements: readonly PolicyStatement[], reason: string): void {
  const wild = (kind: string, values: readonly string[]) =>
    values.filter((value) => value.includes('*')).map((value) => `${kind}::${value}`);
  const findings = statements.flatMap(({ actions, resources }) => [
    ...wild('Action', actions),
    ...wild('Resource', resources),
  ]);
  accept(
    policy,
    ...[...new Set(findings)].map((finding) => ({
      id: `AwsSolutions::AwsSolutions-IAM5[${finding}]`,
      reason,
    })),
  );
}
