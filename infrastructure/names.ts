import { addressAt, parseCidr } from './cidr.ts';
import type { AwsEnvironment } from './environment-schema.ts';
import { partition } from './partition.ts';
import type { AwsServiceAccount, Use } from './permissions.ts';

/** Names that follow from the settings alone, so that manifests and stacks agree on them. */

export const STACKS = ['network', 'cluster', 'data', 'access', 'add-ons', 'budget'] as const;
export type StackPart = (typeof STACKS)[number];

/** The images that are built and pushed, each with an ECR repository. */
export const IMAGES = ['inference', 'operator', 'tools', 'training', 'mlflow'] as const;

/** The stacks that the settings ask for, in the order in which they are deployed. */
export function stackParts(environment: AwsEnvironment): readonly StackPart[] {
  const { network, cluster, budget } = environment;
  const left: readonly StackPart[] = [
    ...(network.kind === 'existing' ? (['network'] as const) : []),
    ...(cluster.kind === 'existing' ? (['cluster'] as const) : []),
    ...(hasAddOns(environment) ? [] : (['add-ons'] as const)),
    ...(budget === undefined ? (['budget'] as const) : []),
  ];
  return STACKS.filter((part) => !left.includes(part));
}

/** Whether the nodes of a new cluster need software that changes their number. */
export function scalesNodes({ cluster }: AwsEnvironment): boolean {
  if (cluster.kind === 'existing' || cluster.nodes.kind === 'auto') return false;
  const { autoscaler, minimum, maximum } = cluster.nodes;
  return autoscaler === 'helm' && minimum < maximum;
}

function hasAddOns(environment: AwsEnvironment): boolean {
  const { keda, prometheus, externalSecrets, loadBalancerController } = environment.addOns;
  const sources = [keda, prometheus, externalSecrets, loadBalancerController];
  return scalesNodes(environment) || sources.some((source) => source !== 'own');
}

export function stackName({ name }: AwsEnvironment, part: StackPart): string {
  return `${name}-${part}`;
}

/** Bucket of model files and training data. Bucket names are unique in the whole partition, so the account is in them. */
export function bucketName({ name, account }: AwsEnvironment): string {
  return `${name}-${account}`;
}

export function auditBucketName({ name, account }: AwsEnvironment): string {
  return `${name}-audit-${account}`;
}

/** Bucket of the access logs of the other two. */
export function logBucketName({ name, account }: AwsEnvironment): string {
  return `${name}-logs-${account}`;
}

/** Alias of the key that encrypts streams, buckets and database. */
export function dataKeyAlias({ name }: AwsEnvironment): string {
  return `alias/${name}-data`;
}

/** Secret in Secrets Manager with the password of the database. */
export function databaseSecretName({ name }: AwsEnvironment): string {
  return `${name}/mlflow-database`;
}

export function podRoleName({ name }: AwsEnvironment, account: AwsServiceAccount): string {
  return `${name}-${account}`;
}

export function podRoleArn(environment: AwsEnvironment, account: AwsServiceAccount): string {
  return `arn:${partition(environment)}:iam::${environment.account}:role/${podRoleName(environment, account)}`;
}

/** Policy with the rights of `make stream`, for people to attach. */
export function streamToolPolicyName({ name }: AwsEnvironment): string {
  return `${name}-stream-tool`;
}

export function deployerRoleName({ name }: AwsEnvironment): string {
  return `${name}-deployer`;
}

/** The optional uses of AWS that the settings ask for. */
export function usesOf({ access, addOns, data }: AwsEnvironment): readonly Use[] {
  return [
    ...(access.reader === 'fan-out' ? (['fan-out'] as const) : []),
    ...(access.outputAggregation === 'kpl' ? (['kpl'] as const) : []),
    ...(access.keepPayloads ? (['payloads'] as const) : []),
    ...(access.metricsWorkspace === undefined ? [] : (['workspace'] as const)),
    ...(access.recordRollouts ? (['audit-bucket'] as const) : []),
    ...(access.auditStream === undefined ? [] : (['audit-stream'] as const)),
    ...(addOns.externalSecrets === 'helm' && data.database.kind === 'new'
      ? (['external-secrets'] as const)
      : []),
  ];
}

/** Whether the operator calls AWS, so that its ServiceAccount needs a role. */
export function operatorHasRole(environment: AwsEnvironment): boolean {
  const roles: readonly Use[] = ['workspace', 'audit-bucket', 'audit-stream'];
  return usesOf(environment).some((use) => roles.includes(use));
}

/** Registry and path before the name of each image. */
export function registry(environment: AwsEnvironment): string {
  const { name, account, region } = environment;
  return `${account}.dkr.ecr.${region}.${domain(environment)}/${name}`;
}

/** End of the host names of AWS in the partition. */
export function domain(environment: AwsEnvironment): string {
  return partition(environment) === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}

export function clusterName({ name, cluster }: AwsEnvironment): string {
  return cluster.kind === 'existing' ? cluster.name : name;
}

export function clusterArn(environment: AwsEnvironment): string {
  const { account, region } = environment;
  return `arn:${partition(environment)}:eks:${region}:${account}:cluster/${clusterName(environment)}`;
}

/** Address of the DNS server of a new cluster: EKS takes the tenth of the addresses of Services. */
export function dnsServer({ serviceNetwork }: Extract<AwsEnvironment['cluster'], { kind: 'new' }>): string {
  const network = parseCidr(serviceNetwork);
  if (!network) throw new Error(`cluster.serviceNetwork = "${serviceNetwork}": must be a network`);
  return addressAt(network, 10);
}

/** Open shards of a new input stream. AWS gives a new on-demand stream four. */
export function inputShards({ data }: AwsEnvironment): number {
  return data.streams.capacity === 'provisioned' ? data.streams.shards : 4;
}
