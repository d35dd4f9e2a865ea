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
