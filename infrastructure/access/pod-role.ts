import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks';
import { Policy, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterName, podRoleName } from '../names.ts';
import { type AwsServiceAccount, needed, PERMISSIONS, type Place, type Use } from '../permissions.ts';
import { acceptPrefixes, statementsOf } from './rights.ts';
import { type PodAccount, podAccountOf, trustOf } from './trust.ts';

export interface PodRoleProps {
  readonly environment: AwsEnvironment;
  readonly account: AwsServiceAccount;
  readonly uses: readonly Use[];
  readonly place: Place;
}

/** The IAM role of a ServiceAccount, with exactly the rows of the table that the settings need. */
export class PodRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, { environment, account, uses, place }: PodRoleProps) {
    super(scope, account);
    const pod = podAccountOf(account);
    const role = new Role(this, 'role', {
      roleName: podRoleName(environment, account),
      description: `Pods of the ServiceAccount ${account} in namespace ${pod.namespace}`,
      assumedBy: trustOf(environment, pod),
    });
    this.arn = role.roleArn;
    const permissions = needed(PERMISSIONS, uses).filter((permission) => permission.account === account);
    const policy = new Policy(this, 'policy', {
      policyName: 'rights',
      roles: [role],
      statements: statementsOf(permissions, place),
    });
    acceptPrefixes(policy, permissions, place);
    this.#associate(environment, pod);
  }

  #associate(environment: AwsEnvironment, pod: PodAccount): void {
    const { cluster } = environment;
    if (cluster.kind === 'existing' && cluster.identity.kind === 'irsa') return;
    new CfnPodIdentityAssociation(this, 'association', {
      clusterName: clusterName(environment),
      ...pod,
      roleArn: this.arn,
    });
  }
}
