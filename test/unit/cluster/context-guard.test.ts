import { expect, test } from '@jest/globals';
import { refuseProduction } from '../../cluster/context-guard.ts';

test.each(['kind-loan', 'test-cluster', 'docker-desktop'])('tests on %s', (context) => {
  expect(() => refuseProduction(context, undefined)).not.toThrow();
});

test.each(['my-prod-cluster', 'PRODUCTION', 'arn:aws:eks:eu-west-1:111122223333:cluster/loan'])(
  'refuses %s, and tells how to insist',
  (context) => {
    expect(() => refuseProduction(context, undefined)).toThrow(`set CONFIRM_CONTEXT=${context}`);
    expect(() => refuseProduction(context, 'yes')).toThrow('looks like production');
    expect(() => refuseProduction(context, context)).not.toThrow();
  },
);
