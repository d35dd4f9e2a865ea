import { expect, test } from '@jest/globals';
import { parseInferenceConfig } from '../../../services/inference/config.ts';

function read(CORS_ALLOWED_ORIGINS?: string): readonly string[] | undefined {
  return parseInferenceConfig({ MLFLOW_TRACKING_URI: 'http://mlflow', CORS_ALLOWED_ORIGINS })
    .CORS_ALLOWED_ORIGINS;
}

test('no origin is allowed unless one is set', () => {
  expect([read(), read(''), read(' , ')]).toEqual([undefined, undefined, []]);
});

test.each<[string, string[]]>([
  ['*', ['*']],
  ['https://desk.example.org', ['https://desk.example.org']],
  ['https://a.example, http://localhost:3000', ['https://a.example', 'http://localhost:3000']],
  // As a browser sends them.
  ['HTTPS://Desk.Example.org:443/', ['https://desk.example.org']],
  ['http://[::1]:80', ['http://[::1]']],
])('takes %s', (text, origins) => {
  expect(read(text)).toEqual(origins);
});

test.each([
  'desk.example.org',
  'https://desk.example.org/app',
  'https://desk.example.org?a',
  'https://desk.example.org#',
  'https://user@desk.example.org',
  'https://*.example.org',
  'null',
  'file:///a',
  'https://',
  '*, https://a.example',
  'https://a.example, nonsense',
])('refuses %s', (text) => {
  expect(() => read(text)).toThrow(
    /CORS_ALLOWED_ORIGINS( is ".*")?: must be origins such as https:\/\/desk\.example\.org, without a path, or \* alone/,
  );
});
