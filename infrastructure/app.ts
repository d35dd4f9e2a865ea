import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { AwsEnvironment } from './environment-schema.ts';
import { AccessStack } from './stacks/access-stack.ts';
import { AddOnsStack } from './stacks/add-ons-stack.ts';
import { BudgetStack } from './stacks/budget-stack.ts';
import { ClusterStack } from './stacks/cluster-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';

/** The CDK app with every stack that the settings ask for. */
export function infrastructureApp(environment: AwsEnvironment, props: AppProps = {}): App {
  const app = new App(props);
  const { network, budget } = environment;
  if (network.kind === 'new') new NetworkStack(app, environment, network);
  new ClusterStack(app, environment);
  new DataStack(app, environment);
  new AccessStack(app, environment);
  new AddOnsStack(app, environment);
  if (budget) new BudgetStack(app, environment);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
