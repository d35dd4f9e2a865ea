import { defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import type { AppSettings } from './synthesized-stacks.ts';

const everyOption = defineAwsEnvironment({
  ...medium,
  name: 'loans',
  region: 'eu-central-1',
  zones: ['eu-central-1a', 'eu-central-1b'],
  tags: { team: 'credit' },
  network: { kind: 'new', network: '10.32.0.0/16', natGateways: 2 },
  cluster: {
    kind: 'new',
    administrators: [`arn:aws:iam::${medium.account}:user/somebody`],
    endpoint: { kind: 'private' },
    nodes: { kind: 'auto' },
  },
  data: { ...medium.data, audit: { days: 3_650, mode: 'compliance' }, alarmEmail: 'alarms@example.com' },
  access: {
    reader: 'fan-out',
    outputAggregation: 'kpl',
    keepPayloads: true,
    metricsWorkspace: `arn:aws:aps:eu-central-1:${medium.account}:workspace/ws-0123`,
    recordRollouts: true,
    auditStream: `arn:aws:kinesis:eu-central-1:${medium.account}:stream/loan-audit`,
    permissionsBoundary: `arn:aws:iam::${medium.account}:policy/boundary`,
    deployer: {
      repository: 'example/loan-eligibility',
      from: { kind: 'environment', name: 'production' },
    },
  },
  addOns: { prometheus: 'managed', loadBalancerController: 'helm' },
});

const nothingNew = defineAwsEnvironment({
  ...existingAccount,
  cluster: { kind: 'existing', name: 'platform', identity: { kind: 'pod-identity' } },
  data: {
    ...existingAccount.data,
    streams: { capacity: 'on-demand' },
    database: { kind: 'existing', host: 'postgres.example.com', network: '10.9.0.0/24' },
  },
});

const otherPartition = defineAwsEnvironment({
  ...existingAccount,
  region: 'us-gov-west-1',
  zones: ['a', 'b', 'c'].map((zone) => `us-gov-west-1${zone}`),
  data: {
    ...existingAccount.data,
    database: { kind: 'new', instanceType: 'm6i.large', multiAz: true, storageGibibytes: 100 },
  },
  cluster: { kind: 'existing', name: 'platform', identity: { kind: 'pod-identity' } },
});

/** The presets, and settings that choose what no preset chooses. Static checks hold for each. */
export const AWS_APPS: Readonly<Record<string, AppSettings>> = {
  small: { environment: small },
  medium: { environment: medium },
  existingAccount: { environment: existingAccount },
  everyOption: { environment: everyOption },
  nothingNew: { environment: nothingNew },
  otherPartition: { environment: otherPartition },
  'medium, whose data is given up': { environment: medium, context: { 'keep-data': 'false' } },
};
