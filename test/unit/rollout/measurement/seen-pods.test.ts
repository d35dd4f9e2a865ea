import { expect, test } from '@jest/globals';
import { SeenPods } from '../../../../operators/rollout/measurement/seen-pods.ts';

test('a pod that is gone stays in the measurement of the step', () => {
  const seen = new SeenPods();
  expect(seen.add('loan', 'noon', ['a', 'b'])).toEqual(['a', 'b']);
  expect(seen.add('loan', 'noon', ['b', 'c'])).toEqual(['a', 'b', 'c']);
  expect(seen.add('other', 'noon', ['d'])).toEqual(['d']);
});

test('another step begins with the pods that are there', () => {
  const seen = new SeenPods();
  seen.add('loan', 'noon', ['a', 'b']);
  expect(seen.add('loan', 'one', ['b'])).toEqual(['b']);
});

test('a deleted ModelDeployment is forgotten', () => {
  const seen = new SeenPods();
  seen.add('loan', 'noon', ['a']);
  seen.forget('loan');
  expect(seen.add('loan', 'noon', ['b'])).toEqual(['b']);
});

test('however many pods are replaced, only the latest 1,000 are remembered', () => {
  const seen = new SeenPods();
  for (let pod = 0; pod < 5_000; pod++) seen.add('loan', 'noon', ['stays', String(pod)]);
  const names = seen.add('loan', 'noon', []);
  expect(names).toHaveLength(1_000);
  expect(names).toEqual(expect.arrayContaining(['stays', '4999', '4001']));
});
