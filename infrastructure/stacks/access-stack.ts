import type { Construct } from 'constructs';
import { DeployerRole } from '../access/deployer-role.ts';
import { PodRole } from '../access/pod-role.ts';
import { StreamToolPolicy } from '../access/stream-tool-policy.ts';
import { admitNamespaceAdministrator } from '../cluster/namespace-administrator.ts';
import type { AwsEnvironment } from '../environment-schema.ts';
import { operatorHasRole, usesOf } from '../names.ts';
import type { AwsServiceAccount } from '../permissions.ts';
import { placeOf } from '../place.ts';
import { PartStack } from './part-stack.ts';

export interface AccessStackProps {
  /** ARN of the key of the data stack. */
  readonly keyArn: string;
}

/** The IAM roles: one for each ServiceAccount that calls AWS, and one for continuous integration. */
export class AccessStack extends PartStack {
  constructor(scope: Construct, environment: AwsEnvironment, { keyArn }: AccessStackProps) {
    super(scope, environment, 'access');
    const place = placeOf(environment, keyArn);
    const uses = usesOf(environment);
    const role = (account: AwsServiceAccount) => new PodRole(this, { environment, account, uses, place }).arn;
    this.tell({
      InferenceRole: role('inference'),
      MlflowRole: role('mlflow'),
      TrainingRole: role('training'),
      BatchScoringRole: role('batch-scoring'),
      StreamToolPolicy: new StreamToolPolicy(this, environment, place).arn,
    });
    if (operatorHasRole(environment)) this.tell({ RolloutRole: role('rollout') });
    if (uses.includes('external-secrets')) this.tell({ ExternalSecretsRole: role('external-secrets') });
    const { deployer } = environment.access;
    if (!deployer) return;
    const deployerArn = new DeployerRole(this, { environment, settings: deployer, place }).arn;
    // EKS takes entries of roles that exist, so the entry is here and not in the cluster stack.
    if (environment.cluster.kind === 'new') admitNamespaceAdministrator(this, environment, deployerArn);
    this.tell({ DeployerRole: deployerArn });
  }
}
