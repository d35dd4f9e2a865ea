import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { Construct } from 'constructs';
import type { AwsEnvironment } from '../environment-schema.ts';
import { PartStack } from './part-stack.ts';

/** When a person is told, in percent of the budget. */
const THRESHOLDS = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'ACTUAL', threshold: 100 },
  // AWS forecasts after about five weeks of use. Until then the actual cost alone is compared.
  { notificationType: 'FORECASTED', threshold: 100 },
] as const;

/** An e-mail when the cost of a month exceeds, or is going to exceed, the budget. */
export class BudgetStack extends PartStack {
  constructor(
    scope: Construct,
    environment: AwsEnvironment,
    settings: NonNullable<AwsEnvironment['budget']>,
  ) {
    super(scope, environment, 'budget');
    const { name } = environment;
    new CfnBudget(this, 'budget', {
      budget: {
        // No name: CloudFormation replaces the budget when an address changes, and two cannot have one name.
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: settings.monthlyDollars, unit: 'USD' },
        ...(settings.scope === 'application'
          ? { costFilters: { TagKeyValue: [`user:application$${name}`] } }
          : {}),
      },
      notificationsWithSubscribers: THRESHOLDS.map((threshold) => ({
        notification: { ...threshold, comparisonOperator: 'GREATER_THAN', thresholdType: 'PERCENTAGE' },
        subscribers: [{ subscriptionType: 'EMAIL', address: settings.email }],
      })),
    });
  }
}
