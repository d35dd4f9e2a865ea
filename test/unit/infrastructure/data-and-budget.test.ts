import { beforeAll, describe, expect, it } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import fc from 'fast-check';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import { BudgetStack } from '../../../infrastructure/stacks/budget-stack.ts';
import { DataStack } from '../../../infrastructure/stacks/data-stack.ts';
import { BareApps } from '../../support/aws/bare-apps.ts';

/** The same data without a new VPC, so that the stack is alone. */
const alone = { network: existingAccount.network, cluster: existingAccount.cluster };
const environments = {
  small: defineAwsEnvironment({ ...small, ...alone }),
  medium: defineAwsEnvironment({ ...medium, ...alone }),
  existingAccount,
  others: defineAwsEnvironment({
    ...small,
    ...alone,
    access: { ...small.access, reader: 'fan-out' },
    data: {
      ...small.data,
      deadLetterDays: 7,
      audit: { days: 30, mode: 'compliance' },
      alarmEmail: 'alarms@example.com',
      database: { kind: 'existing', host: 'postgres.example', network: '10.9.0.0/24' },
    },
    budget: { monthlyDollars: 50, email: 'costs@example.com', scope: 'application' },
  }),
  largest: defineAwsEnvironment({
    ...small,
    ...alone,
    data: { ...small.data, database: { ...newDatabase(small), storageGibibytes: 59_000 } },
  }),
};
type Name = keyof typeof environments;
const data = {} as Record<Name, Template>;
const budgets: Partial<Record<Name, Template>> = {};

beforeAll(() => {
  using apps = new BareApps();
  for (const [name, environment] of Object.entries(environments) as [Name, AwsEnvironment][]) {
    const app = apps.make(environment);
    const stack = new DataStack(app, environment, { keepData: true, network: undefined });
    const budget = environment.budget && new BudgetStack(app, environment, environment.budget);
    data[name] = Template.fromStack(stack);
    if (budget) budgets[name] = Template.fromStack(budget);
  }
});

function newDatabase(environment: AwsEnvironment) {
  const { database } = environment.data;
  if (database.kind === 'existing') throw new Error('this environment has a new database');
  return database;
}

const names = Object.keys(environments) as Name[];

describe('data stack', () => {
  it.each(names)('%s keeps what holds data when it is deleted', (name) => {
    const resources = data[name].toJSON().Resources as Record<
      string,
      { Type: string; DeletionPolicy?: string }
    >;
    const holders = Object.values(resources).filter(({ Type }) =>
      [
        'AWS::Kinesis::Stream',
        'AWS::S3::Bucket',
        'AWS::ECR::Repository',
        'AWS::RDS::DBInstance',
        'AWS::KMS::Key',
        'AWS::SecretsManager::Secret',
      ].includes(Type),
    );
    expect(holders.length).toBeGreaterThanOrEqual(12);
    for (const holder of holders) expect(holder).toHaveProperty('DeletionPolicy', 'RetainExceptOnCreate');
  });

  it.each(names)('%s lets alarms reach their topic, which no plain HTTP reaches', (name) => {
    const source = { StringEquals: { 'aws:SourceAccount': '111122223333' } };
    const cloudWatch = { Service: 'cloudwatch.amazonaws.com' };
    data[name].hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: cloudWatch,
            Condition: source,
          }),
        ]),
      }),
    });
    data[name].hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ Principal: cloudWatch, Condition: source })]),
      }),
    });
    data[name].allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [Match.anyValue()] });
  });

  it.each([
    ['small', 'GetRecords.IteratorAgeMilliseconds'],
    ['others', 'SubscribeToShardEvent.MillisBehindLatest'],
  ] as const)(
    '%s sounds the alarm if nobody reads applications, by the metric of its reader',
    (name, metric) => {
      data[name].hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName: metric,
        Threshold: 900_000,
        TreatMissingData: 'breaching',
      });
    },
  );

  it.each(names)('%s keeps no old version of a payload after its time', (name) => {
    const { deadLetterDays } = environments[name].data;
    const rule = (Prefix: string) =>
      Match.objectLike({
        Prefix,
        ExpirationInDays: deadLetterDays,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      });
    data[name].hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: { Rules: Match.arrayWith([rule('scoring/'), rule('dead-letters/')]) },
    });
  });

  it.each(names)('%s encrypts streams and locks the audit bucket as the settings say', (name) => {
    const { streams, retentionHours, audit } = environments[name].data;
    data[name].resourceCountIs('AWS::Kinesis::Stream', 3);
    data[name].allResourcesProperties('AWS::Kinesis::Stream', {
      RetentionPeriodHours: retentionHours,
      StreamEncryption: Match.objectLike({ EncryptionType: 'KMS' }),
      ...(streams.capacity === 'provisioned' ? { ShardCount: streams.shards } : {}),
    });
    data[name].hasResourceProperties('AWS::S3::Bucket', {
      ObjectLockConfiguration: Match.objectLike({
        Rule: { DefaultRetention: { Days: audit.days, Mode: audit.mode.toUpperCase() } },
      }),
    });
  });

  it('tells alarms by e-mail only to whom the settings name', () => {
    data.existingAccount.resourceCountIs('AWS::SNS::Subscription', 0);
    data.others.hasResourceProperties('AWS::SNS::Subscription', { Endpoint: 'alarms@example.com' });
  });

  it('has no database if the settings name one', () => {
    data.others.resourceCountIs('AWS::RDS::DBInstance', 0);
    data.others.hasOutput('DatabaseHost', { Value: 'postgres.example' });
  });

  it('lets a disk grow to four times its size, but no further than RDS can', () => {
    data.small.hasResourceProperties('AWS::RDS::DBInstance', { MaxAllocatedStorage: 80 });
    data.largest.hasResourceProperties('AWS::RDS::DBInstance', { MaxAllocatedStorage: 65_536 });
  });
});

describe('budget stack', () => {
  it('compares actual and forecast costs of the account with the budget', () => {
    const told = (NotificationType: string, Threshold: number) => ({
      Notification: Match.objectLike({ NotificationType, Threshold, ThresholdType: 'PERCENTAGE' }),
      Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'loan-eligibility@example.com' }],
    });
    budgets.medium?.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({
        BudgetLimit: { Amount: medium.budget?.monthlyDollars, Unit: 'USD' },
        CostFilters: Match.absent(),
      }),
      NotificationsWithSubscribers: [told('ACTUAL', 80), told('ACTUAL', 100), told('FORECASTED', 100)],
    });
    expect(budgets.medium).toBeDefined();
  });

  it('counts the costs of one application by its tag if asked', () => {
    expect(budgets.others).toBeDefined();
    budgets.others?.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({ CostFilters: { TagKeyValue: ['user:application$loan-eligibility'] } }),
    });
  });
});

describe('settings of data and budget', () => {
  const given = (change: { data?: object; budget?: object; name?: string }) => () =>
    defineAwsEnvironment({
      ...small,
      ...change,
      data: { ...small.data, ...change.data },
      budget: change.budget ?? small.budget,
    } as Parameters<typeof defineAwsEnvironment>[0]);
  const database = newDatabase(small);
  const outside = (low: number, high: number) =>
    fc.oneof(fc.integer({ max: low - 1 }), fc.integer({ min: high + 1 }));

  it.each([
    [
      'data.streams.shards',
      outside(1, 500),
      (shards: number) => ({ data: { streams: { capacity: 'provisioned', shards } } }),
    ],
    ['data.retentionHours', outside(24, 8_760), (retentionHours: number) => ({ data: { retentionHours } })],
    ['data.deadLetterDays', outside(1, 3_650), (deadLetterDays: number) => ({ data: { deadLetterDays } })],
    [
      'data.audit.days',
      outside(1, 3_650),
      (days: number) => ({ data: { audit: { days, mode: 'compliance' } } }),
    ],
    [
      'data.database.backupDays',
      outside(1, 35),
      (backupDays: number) => ({ data: { database: { ...database, backupDays } } }),
    ],
    [
      'data.database.storageGibibytes',
      outside(20, 59_000),
      (storageGibibytes: number) => ({ data: { database: { ...database, storageGibibytes } } }),
    ],
    [
      'budget.monthlyDollars',
      outside(1, 10_000_000),
      (monthlyDollars: number) => ({ budget: { monthlyDollars, email: 'a@example.com' } }),
    ],
  ])('refuse %s out of its range, and quote the value', (path, values, change) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(given(change(value))).toThrow(`${path} = ${JSON.stringify(value)}: `);
      }),
    );
  });

  it.each([
    [
      { name: 'loan--eligibility' },
      'name = "loan--eligibility": must not have two dashes in a row: ECR refuses',
    ],
    [{ name: 'sthree-loans' }, 'name = "sthree-loans": must not begin with sthree-'],
    [{ name: 'Loans' }, 'name = "Loans": must have 3 to 32 small letters'],
    [{ budget: { monthlyDollars: 5 } }, 'budget.email = undefined: must be the e-mail address'],
    [{ budget: { monthlyDollars: 5, email: 'me' } }, 'budget.email = "me": must be the e-mail address'],
    [
      { data: { database: { ...database, instanceType: 'db.t4g.medium' } } },
      'data.database.instanceType = "db.t4g.medium": must be an RDS instance type without `db.`',
    ],
    [{ data: { audit: { days: 5, mode: 'strict' } } }, 'data.audit.mode = "strict": '],
  ])('refuse %j', (change, message) => {
    expect(given(change)).toThrow(message);
  });

  it('refuse a budget in GovCloud, which has no AWS Budgets', () => {
    const region = 'us-gov-west-1';
    const zones = ['a', 'b', 'c'].map((zone) => region + zone);
    const settings = JSON.parse(JSON.stringify(small).replaceAll('arn:aws:', 'arn:aws-us-gov:'));
    expect(() => defineAwsEnvironment({ ...settings, region, zones })).toThrow(
      'budget.monthlyDollars = 700: must be left out in region us-gov-west-1',
    );
    expect(() => defineAwsEnvironment({ ...settings, region, zones, budget: undefined })).not.toThrow();
  });
});
