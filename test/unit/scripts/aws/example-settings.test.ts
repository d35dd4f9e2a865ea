import { expect, test } from '@jest/globals';
import type { AwsEnvironment } from '../../../../infrastructure/environment-schema.ts';
import { medium } from '../../../../infrastructure/environments.ts';
import { refuseExampleSettings } from '../../../../scripts/aws/example-settings.ts';

function settings(network: string, alarmEmail: string, email: string): AwsEnvironment {
  return {
    ...medium,
    cluster: { ...medium.cluster, endpoint: { kind: 'public', networks: ['10.0.0.0/8', network] } },
    data: { ...medium.data, alarmEmail },
    budget: { ...medium.budget, email },
  } as AwsEnvironment;
}

const NETWORK = '52.94.0.0/24';
const MAIL = 'team@loan-eligibility.dev';

test('settings without an example pass', () => {
  refuseExampleSettings(settings(NETWORK, MAIL, 'me@example.com.loan-eligibility.dev'));
});

test.each([
  [settings('203.0.113.0/24', MAIL, MAIL), 'cluster.endpoint.networks has 203.0.113.0/24'],
  [settings('198.51.100.7/32', MAIL, MAIL), 'cluster.endpoint.networks has 198.51.100.7/32'],
  [settings(NETWORK, 'a@example.com', MAIL), 'data.alarmEmail is a@example.com'],
  [settings(NETWORK, MAIL, 'a@mail.Example.org'), 'budget.email is a@mail.Example.org'],
  [settings(NETWORK, MAIL, 'a@company.test'), 'budget.email is a@company.test'],
])('an example is named: %#', (environment, problem) => {
  expect(() => refuseExampleSettings(environment)).toThrow(problem);
});

test('every example is named at once', () => {
  const all = () => refuseExampleSettings(settings('192.0.2.0/25', 'a@example.com', 'b@example.net'));
  expect(all).toThrow(/192\.0\.2\.0\/25.*; data\.alarmEmail.*; budget\.email/);
});
