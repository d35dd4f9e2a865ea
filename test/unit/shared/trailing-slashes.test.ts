import { expect, test } from '@jest/globals';
import { withoutTrailingSlashes } from '../../../services/shared/trailing-slashes.ts';

test.each([
  ['http://mlflow:5000', 'http://mlflow:5000'],
  ['http://mlflow:5000/', 'http://mlflow:5000'],
  ['/a//b///', '/a//b'],
  ['///', ''],
  ['', ''],
])('%j without the slashes at its end is %j', (text, expected) => {
  expect(withoutTrailingSlashes(text)).toBe(expected);
});
