import { expect, test } from '@jest/globals';
import { LABEL_MATCHERS } from '../../../../services/shared/model-deployment/label-matchers.ts';

test.each([
  'cluster="prod"',
  'cluster="prod",env!="test"',
  'cluster=~"prod-.*",zone!~"a|b"',
  'cluster=""',
  '_a1="{}"',
  'path="a\\\\b\\"c\\nd"',
  'name="Zürich, 北京"',
])('%s are label matchers', (text) => {
  expect(text).toMatch(LABEL_MATCHERS);
});

test.each([
  '',
  'cluster',
  'cluster=prod',
  "cluster='prod'",
  'cluster=="prod"',
  '1a="b"',
  'a:b="c"',
  'cluster="prod",',
  ',cluster="prod"',
  'cluster="prod" or up',
  'cluster="prod"}',
  '{cluster="prod"}',
  'cluster="a"b"',
  'cluster="a\\"',
  'cluster="a\\x"',
  'cluster="a\nb"',
  'cluster="prod"\n',
])('%j are no label matchers', (text) => {
  expect(text).not.toMatch(LABEL_MATCHERS);
});

test('the answer takes no longer with a text that is made to backtrack', () => {
  const start = performance.now();
  expect(`a="${'\\\\'.repeat(200_000)}`).not.toMatch(LABEL_MATCHERS);
  expect('a="",'.repeat(100_000)).not.toMatch(LABEL_MATCHERS);
  expect(performance.now() - start).toBeLessThan(1_000);
});
