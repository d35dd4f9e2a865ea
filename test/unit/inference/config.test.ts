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
    ['no registry', { MLFLOW_TRACKING_URI: '' }, /MLFLOW_TRACKING_URI: must be an http/],
    ['a port that is none', { HTTP_PORT: '99999' }, /HTTP_PORT: /],
    ['a version that is none', { MODEL_VERSION: 'latest' }, /MODEL_VERSION: must be a version number/],
    ['a digest that is none', { MODEL_VERSION: '1', MODEL_DIGEST: 'abc' }, /MODEL_DIGEST: must be sha256:/],
    ['a digest of no version', { MODEL_DIGEST: digest }, /MODEL_DIGEST: needs MODEL_VERSION/],
    ['a ModelDeployment in no namespace', { MODEL_DEPLOYMENT: 'loan' }, /POD_NAMESPACE: is needed/],
    ['leases in no namespace', { LEASE_STORE: 'kubernetes' }, /POD_NAMESPACE: is needed/],
    ['a start at no time', { START_POSITION: 'AT_TIMESTAMP' }, /START_TIMESTAMP: is needed/],
    ['a wrong setting of the stream', { BATCH_SIZE: '0' }, /BATCH_SIZE: /],
  ])('%s', (_, environment, message) => {
    expect(() => parseInferenceConfig({ MLFLOW_TRACKING_URI, ...environment })).toThrow(message);
  });
});
