import { describe, expect, test } from '@jest/globals';
import { parseRolloutConfig } from '../../../operators/rollout/config.ts';
import { parseInferenceConfig } from '../../../services/inference/config.ts';

const READERS = [
  [
    'inference',
    (HTTP_HOST: string) => parseInferenceConfig({ MLFLOW_TRACKING_URI: 'http://mlflow', HTTP_HOST }),
  ],
  ['operator', (HTTP_HOST: string) => parseRolloutConfig({ POD_NAMESPACE: 'a', POD_NAME: 'b', HTTP_HOST })],
] as const;

describe.each(READERS)('HTTP_HOST of the %s', (_, read) => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['::', '::'],
    ['[::]', '::'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['localhost', 'localhost'],
    ['pod-7.loan_service.svc', 'pod-7.loan_service.svc'],
  ])('takes %s', (text, host) => {
    expect(read(text).HTTP_HOST).toBe(host);
  });

  test.each([
    '[::1',
    '::1]',
    '[127.0.0.1]',
    '[localhost]',
    '127.0.0.256',
    '127.0.0',
    '::1::2',
    '127.0.0.1:8080',
    '[::1]:8080',
    'http://localhost',
    'local host',
    '*',
    '-a',
    'a'.repeat(254),
  ])('refuses %s', (text) => {
    expect(() => read(text)).toThrow(
      /HTTP_HOST is ".*": must be an IPv4 address, an IPv6 address such as \[::1\], or a host name/,
    );
  });
});
