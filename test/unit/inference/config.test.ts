import { describe, expect, test } from '@jest/globals';
import { parseInferenceConfig } from '../../../services/inference/config.ts';

const MLFLOW_TRACKING_URI = 'http://mlflow:5000/';

test('needs nothing but the registry', () => {
  expect(parseInferenceConfig({ MLFLOW_TRACKING_URI })).toMatchObject({
    MLFLOW_TRACKING_URI: 'http://mlflow:5000',
    MODEL_NAME: 'loan-eligibility',
    MODEL_ALIAS: 'champion',
    REGISTRY_POLL_SECONDS: 10,
    MAX_RECORD_BYTES: 262_144,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 8080,
    LOG_LEVEL: 'info',
  });
});

describe('fails by key', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  test.each<[string, Record<string, string>, RegExp]>([
    ['no registry', { MLFLOW_TRACKING_URI: '' }, /MLFLOW_TRACKING_URI is missing: it must be an http/],
    [
      'a port that is none',
      { HTTP_PORT: '99999' },
      /HTTP_PORT is "99999": must be a whole number from 0 to 65535/,
    ],
    [
      'a version that is none',
      { MODEL_VERSION: 'latest' },
      /MODEL_VERSION is "latest": must be a version number/,
    ],
    [
      'a digest that is none',
      { MODEL_VERSION: '1', MODEL_DIGEST: 'abc' },
      /MODEL_DIGEST is "abc": must be sha256:/,
    ],
    [
      'a drain that leaves no time for requests',
      { DRAIN_SECONDS: '13' },
      /DRAIN_SECONDS: must be at most half of SHUTDOWN_SECONDS/,
    ],
    ['a digest of no version', { MODEL_DIGEST: digest }, /MODEL_DIGEST: needs MODEL_VERSION/],
    [
      'a signature that no key can prove',
      { REQUIRE_MODEL_SIGNATURE: 'true' },
      /MODEL_SIGNING_KEYS_DIRECTORY: is needed with REQUIRE_MODEL_SIGNATURE/,
    ],
    ['a ModelDeployment in no namespace', { MODEL_DEPLOYMENT: 'loan' }, /POD_NAMESPACE: is needed/],
    ['leases in no namespace', { LEASE_STORE: 'kubernetes' }, /POD_NAMESPACE: is needed/],
    ['a start at no time', { START_POSITION: 'AT_TIMESTAMP' }, /START_TIMESTAMP: is needed/],
    [
      'dead letters on the stream of applications',
      { INPUT_STREAM: 'loan-rejects' },
      /REJECT_STREAM: loan-rejects is also INPUT_STREAM/,
    ],
    [
      'decisions on the stream of dead letters',
      { OUTPUT_STREAM: 'arn:aws:kinesis:us-east-1:111122223333:stream/loan-rejects' },
      /REJECT_STREAM: loan-rejects may be the stream of OUTPUT_STREAM, arn:aws:kinesis:us-east-1:/,
    ],
    [
      'a stream of another region',
      { INPUT_STREAM: 'arn:aws:kinesis:eu-west-1:111122223333:stream/in' },
      /INPUT_STREAM: arn:.* is in eu-west-1, but AWS_REGION is us-east-1/,
    ],
    [
      'a wrong setting of the stream',
      { BATCH_SIZE: '0' },
      /BATCH_SIZE is "0": must be a whole number from 1 to 10000/,
    ],
  ])('%s', (_, environment, message) => {
    expect(() => parseInferenceConfig({ MLFLOW_TRACKING_URI, ...environment })).toThrow(message);
  });
});
