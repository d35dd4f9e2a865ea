import { expect, test } from '@jest/globals';
import { unexplained, unreasoned, unused } from '../../support/aws/suppressions.ts';

const finding = (at: string, rule = 'AwsSolutions-S1') => ({ rule, at });
const suppression = (
  at: string,
  reason = 'Nobody reads this bucket from outside.',
  rule = 'AwsSolutions-S1',
) => ({
  rule,
  reason,
  at,
});

test('a suppression explains findings of its rule, at its construct and below', () => {
  const findings = [
    finding('data/bucket'),
    finding('data/bucket/Resource'),
    finding('data/buckets/Resource'),
    finding('data/bucket/Resource', 'AwsSolutions-S10'),
  ];
  expect(unexplained({ findings, suppressions: [suppression('data/bucket')] })).toEqual(findings.slice(2));
  expect(unexplained({ findings, suppressions: [suppression('')] })).toEqual(findings.slice(3));
});

test('a suppression without a finding is unused', () => {
  const suppressions = [suppression('data/bucket'), suppression('data/other')];
  expect(unused({ findings: [finding('data/bucket/Resource')], suppressions })).toEqual([suppressions[1]]);
});

test('a reason is a sentence of five words at least', () => {
  const suppressions = [
    suppression('a'),
    suppression('b', 'Not needed.'),
    suppression('c', 'because nobody needs it here'),
  ];
  expect(unreasoned({ findings: [], suppressions })).toEqual(suppressions.slice(1));
});
