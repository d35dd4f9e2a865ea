import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { AwsEnvironment } from './environment-schema.ts';
import { stackParts } from './names.ts';
import { AccessStack } from './stacks/access-stack.ts';
import { AddOnsStack } from './stacks/add-ons-stack.ts';
import { BudgetStack } from './stacks/budget-stack.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';

/** The CDK app with every stack that the settings ask for. */
export function infrastructureApp(environment: AwsEnvironment, props: AppProps = {}): App {
  const app = new App(props);
  const { network } = environment;
  const parts = stackParts(environment);
  if (network.kind === 'new') new NetworkStack(app, environment, network);
  if (parts.includes('cluster')) new ClusterStack(app, environment);
  new DataStack(app, environment);
  new AccessStack(app, environment);
  if (parts.includes('add-ons')) new AddOnsStack(app, environment);
  if (parts.includes('budget')) new BudgetStack(app, environment);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
