import { type IPrincipal, OidcProviderNative, Policy, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { accept } from '../nag-reasons.ts';
import { deployerRoleName } from '../names.ts';
import { DEPLOYER_RIGHTS, type Place } from '../permissions.ts';
import { statementsOf } from './rights.ts';

const GITHUB = 'token.actions.githubusercontent.com';

export interface DeployerRoleProps {
  readonly environment: AwsEnvironment;
  readonly settings: DeployerSettings;
  readonly place: Place;
}

type DeployerSettings = NonNullable<AwsEnvironment['access']['deployer']>;

/**
 * The role of workflows on GitHub. It pushes images, reads the outputs of the stacks, and finds the cluster. It cannot
 * deploy stacks. In a new cluster it may do all in the namespace of the system.
 */
export class DeployerRole extends Construct {
  readonly arn: string;

  constructor(scope: Construct, { environment, settings, place }: DeployerRoleProps) {
    super(scope, 'deployer');
    const role = new Role(this, 'role', {
      roleName: deployerRoleName(environment),
      description: `Workflows of ${settings.repository} on GitHub`,
      assumedBy: new WebIdentityPrincipal(this.#provider(settings), {
        StringEquals: { [`${GITHUB}:aud`]: 'sts.amazonaws.com', [`${GITHUB}:sub`]: subject(settings) },
      }) as IPrincipal,
    });
    this.arn = role.roleArn;
    const policy = new Policy(this, 'policy', {
      policyName: 'rights',
      roles: [role],
      statements: statementsOf(DEPLOYER_RIGHTS, place),
    });
    accept(policy, {
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'The password of the registry, ecr:GetAuthorizationToken, belongs to no resource.',
    });
    for (const stack of place.stacks) {
      accept(policy, {
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::${stack}]`,
        reason: 'The ARN of a stack ends with an id that CloudFormation makes at its creation.',
      });
    }
  }

  #provider({ providerArn }: DeployerSettings): string {
    if (providerArn !== undefined) return providerArn;
    const provider = new OidcProviderNative(this, 'github', {
      url: `https://${GITHUB}`,
      clientIds: ['sts.amazonaws.com'],
    });
    return provider.oidcProviderArn;
  }
}

function subject({ repository, from }: DeployerSettings): string {
  const place = from.kind === 'branch' ? `ref:refs/heads/${from.name}` : `environment:${from.name}`;
  return `repo:${repository}:${place}`;
}
