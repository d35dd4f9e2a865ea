import { createRequire } from 'node:module';
import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { type IManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { AwsEnvironment } from './environment-schema.ts';
import { stackParts } from './names.ts';
import { partition } from './partition.ts';
import { AccessStack } from './stacks/access-stack.ts';
import { AddOnsStack } from './stacks/add-ons-stack.ts';
import { BudgetStack } from './stacks/budget-stack.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';

/** How CDK itself recommends that a new app behaves. Its older defaults are for apps that exist. */
const BEHAVIOUR: Readonly<Record<string, unknown>> = {
  ...createRequire(import.meta.url)('aws-cdk-lib/recommended-feature-flags.json'),
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  // Exports: CloudFormation then refuses to delete what another stack still uses.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
};

/** A CDK app without stacks. Its synthesis fails if a stack breaks a rule of cdk-nag. */
export function checkedApp(environment: AwsEnvironment, props: AppProps = {}): App {
  const partitions = { '@aws-cdk/core:target-partitions': [partition(environment)] };
  const app = new App({ ...props, postCliContext: { ...BEHAVIOUR, ...partitions, ...props.postCliContext } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  limitRoles(app, environment);
  return app;
}

/** Every role of every stack, also those that the CDK makes by itself. */
function limitRoles(app: App, { access }: AwsEnvironment): void {
  const { permissionsBoundary } = access;
  if (permissionsBoundary === undefined) return;
  PermissionsBoundary.of(app).apply({ managedPolicyArn: permissionsBoundary } as IManagedPolicy);
}

/** The CDK app with every stack that the settings ask for. */
export function infrastructureApp(environment: AwsEnvironment, props: AppProps = {}): App {
  const app = checkedApp(environment, props);
  const { network, cluster } = environment;
  const parts = stackParts(environment);
  const keepData = app.node.tryGetContext('keep-data') !== 'false';
  const vpcOwner = network.kind === 'new' ? new NetworkStack(app, environment, network) : undefined;
  const clusterStack =
    cluster.kind === 'new' ? new ClusterStack(app, environment, cluster, vpcOwner) : undefined;
  const data = new DataStack(app, environment, { keepData, network: vpcOwner });
  const access = new AccessStack(app, environment, { keyArn: data.key.keyArn });
  // Associations and access entries name the cluster, but do not refer to it.
  if (clusterStack) access.addStackDependency(clusterStack);
  if (parts.includes('add-ons')) {
    const addOns = new AddOnsStack(app, environment, { network: vpcOwner, cluster: clusterStack?.cluster });
    // Pods get the AWS rights of their role only if they start after its association.
    addOns.addStackDependency(access);
  }
  if (environment.budget) new BudgetStack(app, environment, environment.budget);
  return app;
}
