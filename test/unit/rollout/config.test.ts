import { expect, test } from '@jest/globals';
import { parseRolloutConfig } from '../../../operators/rollout/config.ts';

const REQUIRED = { POD_NAMESPACE: 'lending', POD_NAME: 'rollout-0' };

test('every setting has a default, except the name and the namespace of the pod', () => {
  expect(parseRolloutConfig(REQUIRED)).toEqual({
    ...REQUIRED,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 8080,
    LOG_LEVEL: 'info',
    LEADER_LEASE: 'rollout-leader',
    VERIFICATION_COMMAND: ['node', 'services/inference/verify.ts'],
  });
});

test.each([
  [{}, /POD_NAMESPACE.*POD_NAME/],
  [
    { ...REQUIRED, WEBHOOK_URL: 'http://rollout:8080/webhooks/mlflow' },
    /WEBHOOK_URL and WEBHOOK_SECRET go together/,
  ],
  [{ ...REQUIRED, WEBHOOK_URL: 'http://rollout', WEBHOOK_SECRET: 'short' }, /WEBHOOK_SECRET.*16/],
  [
    { ...REQUIRED, MLFLOW_TRACKING_URI: 'mlflow:5000' },
    /MLFLOW_TRACKING_URI is "mlflow:5000": must be an http/,
  ],
  [{ ...REQUIRED, MLFLOW_TRACKING_URI: 'http://me:secret@mlflow:5000' }, /MLFLOW_TRACKING_URI: must not/],
  [{ ...REQUIRED, PROMETHEUS_URL: 'http://me@prometheus' }, /PROMETHEUS_URL: must not/],
  [{ ...REQUIRED, REGISTRY_HOSTS: 'mlflow,http://b' }, /REGISTRY_HOSTS.*http:\/\/b must be HOST/],
  [{ ...REQUIRED, PROMETHEUS_HOSTS: 'prometheus:0' }, /PROMETHEUS_HOSTS.*prometheus:0 must be HOST/],
  [{ ...REQUIRED, VERIFICATION_COMMAND: ',' }, /VERIFICATION_COMMAND/],
])('the error for the wrong configuration %j names the key', (environment, message) => {
  expect(() => parseRolloutConfig(environment)).toThrow(message);
});
