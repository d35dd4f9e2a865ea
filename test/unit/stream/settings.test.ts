import { describe, expect, test } from '@jest/globals';
import { streamSettings } from '../../../services/stream/settings.ts';

describe('ON_FAILURE', () => {
  test.each([
    ['s3://bucket', 's3://bucket'],
    ['s3://bucket/', 's3://bucket'],
    ['s3://my.bucket-1/dead_letters/year=2026/', 's3://my.bucket-1/dead_letters/year=2026'],
  ])('%s is the prefix %s', (given, prefix) => {
    expect(streamSettings.parse({ ON_FAILURE: given }).ON_FAILURE).toBe(prefix);
  });

  test.each([
    'bucket/prefix',
    'https://bucket.s3.amazonaws.com/prefix',
    's3://',
    's3://Bucket',
    's3://b',
    's3://bucket//prefix',
    's3://bucket/a b',
    's3://bucket/a?b',
  ])('%s is refused with the rule', (given) => {
    expect(() => streamSettings.parse({ ON_FAILURE: given })).toThrow(
      'must be s3://BUCKET or s3://BUCKET/PREFIX',
    );
  });
});

test('a START_TIMESTAMP before 1970 is refused with the rule', () => {
  const settings = { START_POSITION: 'AT_TIMESTAMP', START_TIMESTAMP: '1960-01-01T00:00:00Z' };
  expect(() => streamSettings.parse(settings)).toThrow('must not be before 1970-01-01T00:00:00Z');
});
