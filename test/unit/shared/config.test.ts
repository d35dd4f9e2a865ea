import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
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
    expect(parse).toThrow(/PORT: .*65535.*; .*|SHARE: must be a number/);
    expect(parse).toThrow(/URL: must be an http:\/\/ or https:\/\/ URL/);
  });

  test('names a missing key', () => {
    expect(() => parseConfig(schema, {})).toThrow(/URL/);
  });
});
