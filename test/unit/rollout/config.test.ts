import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { parseRolloutConfig } from '../../../operators/rollout/config.ts';

const REQUIRED = { POD_NAMESPACE: 'lending', POD_NAME: 'rollout-0' };

test('every setting has a default, except the name and the namespace of the pod', () => {
  expect(parseRolloutConfig(REQUIRED)).toEqual({
    ...REQUIRED,
    AWS_REGION: 'us-east-1',
    DRAIN_SECONDS: 0,
    HTTP_HOST: '127.0.0.1',
    HTTP_KEEP_ALIVE_SECONDS: 75,
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
  [{ ...REQUIRED, WEBHOOK_SECRET_FILE: '/no/such/file' }, /WEBHOOK_URL and WEBHOOK_SECRET/],
  [
    { ...REQUIRED, WEBHOOK_URL: 'http://rollout', WEBHOOK_SECRET_FILE: '/no/such/file' },
    /WEBHOOK_SECRET_FILE: \/no\/such\/file cannot be read: ENOENT/,
  ],
  [
    {
      ...REQUIRED,
      WEBHOOK_URL: 'http://rollout',
      WEBHOOK_SECRET: 'a-secret-of-some-length',
      WEBHOOK_SECRET_FILE: '/etc/secret',
    },
    /exclude each other/,
  ],
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

test.each([
  ['a-secret-of-some-length\n', 'a-secret-of-some-length'],
  ['short\n', undefined],
  ['', undefined],
])('the file %j holds the secret %s', (content, secret) => {
  const directory = mkdtempSync(`${tmpdir()}/secret-`);
  const file = `${directory}/signing-secret`;
  writeFileSync(file, content);
  const parse = () =>
    parseRolloutConfig({ ...REQUIRED, WEBHOOK_URL: 'http://rollout', WEBHOOK_SECRET_FILE: file });
  try {
    if (secret === undefined) expect(parse).toThrow(/WEBHOOK_SECRET.*at least 16 characters/);
    else expect(parse().WEBHOOK_SECRET).toBe(secret);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each([
  [{ AUDIT_BUCKET: 'Not A Bucket' }, 'AUDIT_BUCKET'],
  [{ AUDIT_STREAM: 'a stream' }, 'AUDIT_STREAM'],
  [{ KINESIS_ENDPOINT: 'http://127.0.0.1:4567' }, 'KINESIS_ENDPOINT'],
  [{ S3_ENDPOINT: 'http://127.0.0.1:4567' }, 'S3_ENDPOINT'],
])('the audit record refuses %j by name', (wrong, key) => {
  expect(() => parseRolloutConfig({ ...REQUIRED, ...wrong })).toThrow(key);
});
