import { CfnPodIdentityAssociation } from 'aws-cdk-lib/aws-eks';
import { Effect, ManagedPolicy, Policy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import { clusterName, podRoleName } from '../names.ts';
import {
  type AwsServiceAccount,
  type Permission,
  type Place,
  permissionsOf,
  type Use,
} from '../permissions.ts';
import { POD_NAMESPACE, trustOf } from './trust.ts';

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
    const { permissionsBoundary } = environment.access;
    const role = new Role(this, 'role', {
      roleName: podRoleName(environment, account),
      description: `Pods of the ServiceAccount ${account} in namespace ${POD_NAMESPACE}`,
      assumedBy: trustOf(environment, { namespace: POD_NAMESPACE, serviceAccount: account }),
      ...(permissionsBoundary === undefined
        ? {}
        : {
            permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(this, 'boundary', permissionsBoundary),
          }),
    });
    this.arn = role.roleArn;
    const permissions = permissionsOf(account, uses);
    const policy = new Policy(this, 'policy', {
      policyName: 'rights',
      roles: [role],
      statements: permissions.map((permission) => statement(permission, place)),
    });
    for (const resource of permissions.flatMap(({ resources }) => resources(place))) {
      if (!resource.endsWith('*')) continue;
      accept(policy, {
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
        reason:
          'The objects below a prefix, and the consumers of a stream, have no names when the role is made.',
      });
    }
    this.#associate(environment, account);
  }

  #associate(environment: AwsEnvironment, account: AwsServiceAccount): void {
    const { cluster } = environment;
    if (cluster.kind === 'existing' && cluster.identity.kind === 'irsa') return;
    new CfnPodIdentityAssociation(this, 'association', {
      clusterName: clusterName(environment),
      namespace: POD_NAMESPACE,
      serviceAccount: account,
      roleArn: this.arn,
    });
  }
}

function statement({ actions, resources, conditions }: Permission, place: Place): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...resources(place)],
    ...(conditions ? { conditions: conditions(place) } : {}),
  });
}
