import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  ALWAYS,
  ConfigError,
  decimal,
  flag,
  httpUrl,
  integer,
  list,
  parseConfig,
} from '../../../services/shared/config.ts';

const schema = z.object({
  PORT: integer(1, 65_535).default(8080),
  URL: httpUrl(),
  SHARE: decimal(0, 1).default(0.5),
  DEBUG: flag().default(false),
  NAMES: list().default([]),
});

describe('parseConfig', () => {
  test('gives typed values and defaults', () => {
    expect(
      parseConfig(schema, { URL: 'http://mlflow:5000/', PORT: '90', DEBUG: 'true', NAMES: 'a, b,' }),
    ).toEqual({
      URL: 'http://mlflow:5000',
      PORT: 90,
      SHARE: 0.5,
      DEBUG: true,
      NAMES: ['a', 'b'],
    });
  });

  test('takes an empty string for unset', () => {
    expect(parseConfig(schema, { URL: 'http://mlflow:5000', PORT: '' }).PORT).toBe(8080);
  });

  test('names every bad key at once', () => {
    const parse = () => parseConfig(schema, { PORT: '70000', SHARE: 'half', URL: 'ftp://mlflow' });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow('PORT is "70000": must be a whole number from 1 to 65535');
    expect(parse).toThrow('SHARE is "half": must be a number from 0 to 1');
    expect(parse).toThrow('URL is "ftp://mlflow": must be an http:// or https:// URL');
  });

  test('checks a rule between settings although another setting is invalid', () => {
    const ruled = schema.refine(() => false, { ...ALWAYS, path: ['DEBUG'], error: 'needs NAMES' });
    const parse = () => parseConfig(ruled, { PORT: 'x', URL: 'http://mlflow' });
    expect(parse).toThrow('PORT is "x"');
    expect(parse).toThrow('DEBUG: needs NAMES');
  });

  test('does not show the value of a secret', () => {
    const secret = z.object({ WEBHOOK_SECRET: z.string().min(16) });
    expect(() => parseConfig(secret, { WEBHOOK_SECRET: 'hunter2' })).not.toThrow(/hunter2/);
    expect(() => parseConfig(secret, { WEBHOOK_SECRET: 'hunter2' })).toThrow(/WEBHOOK_SECRET: /);
    expect(() => parseConfig(secret, {})).toThrow('WEBHOOK_SECRET is missing: it is required');
  });

  test('does not show a URL that may hold a password', () => {
    const parse = () => parseConfig(schema, { URL: 'mlflow://user:hunter2@mlflow' });
    expect(parse).not.toThrow(/hunter2/);
    expect(parse).toThrow('URL: must be an http:// or https:// URL');
  });

  test('names a missing key', () => {
    expect(() => parseConfig(schema, {})).toThrow('URL is missing: it must be an http:// or https:// URL');
  });
});
