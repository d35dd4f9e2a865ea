import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { z } from 'zod';
import type { AwsEnvironment } from '../environment-schema.ts';
import { clusterName } from '../names.ts';
import { partition } from '../partition.ts';
import { CHARTS } from './charts.ts';

/** Services that the values below switch off. */
const UNUSED_SERVICES = ['waf-regional:', 'wafv2:', 'shield:', 'cognito-idp:'];

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const policySchema = z.object({
  Statement: z.array(
    z.object({
      Effect: z.literal('Allow'),
      Action: oneOrMore,
      Resource: oneOrMore,
      Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    }),
  ),
});

/** The policy of the controller's authors for this version, without the services that stay unused. */
export function loadBalancerRights(environment: AwsEnvironment): PolicyStatement[] {
  const library = dirname(createRequire(import.meta.url).resolve('aws-cdk-lib/aws-eks-v2'));
  const file = join(
    library,
    'lib',
    'addons',
    `alb-iam_policy-v${CHARTS.loadBalancerController.version}.json`,
  );
  const { Statement: statements } = policySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return statements.flatMap(({ Action, Resource, Condition }) => {
    const actions = Action.filter((action) => !UNUSED_SERVICES.some((service) => action.startsWith(service)));
    if (actions.length === 0) return [];
    const resources = Resource.map((arn) => arn.replace('arn:aws:', `arn:${partition(environment)}:`));
    return [new PolicyStatement({ actions, resources, ...(Condition && { conditions: Condition }) })];
  });
}

export interface LoadBalancerControllerPlace {
  readonly vpcId: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Values of the chart. Region and VPC are named because pods cannot ask the metadata of their node. */
export function loadBalancerControllerValues(
  environment: AwsEnvironment,
  { vpcId, annotations }: LoadBalancerControllerPlace,
): Record<string, unknown> {
  const { replicas } = environment.addOns;
  return {
    clusterName: clusterName(environment),
    region: environment.region,
    vpcId,
    replicaCount: replicas,
    serviceAccount: { name: 'aws-load-balancer-controller', annotations },
    // This webhook would refuse every new Service of the cluster while the controller starts.
    enableServiceMutatorWebhook: false,
    enableShield: false,
    enableWaf: false,
    enableWafv2: false,
    ...(replicas > 1 && { podDisruptionBudget: { minAvailable: 1 } }),
    resources: {
      requests: { cpu: '50m', memory: '128Mi' },
      limits: { memory: '256Mi' },
    },
  };
}
