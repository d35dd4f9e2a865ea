import { defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import type { AppSettings } from './synthesized-stacks.ts';

const autoMode = defineAwsEnvironment({
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
  access: { deployer: { repository: 'example/loan-eligibility' } },
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

/** The presets, and settings that choose what no preset chooses. Static checks hold for each. */
export const AWS_APPS: Readonly<Record<string, AppSettings>> = {
  small: { environment: small },
  medium: { environment: medium },
  existingAccount: { environment: existingAccount },
  autoMode: { environment: autoMode },
  nothingNew: { environment: nothingNew },
  'medium, whose data is given up': { environment: medium, context: { 'keep-data': 'false' } },
};
