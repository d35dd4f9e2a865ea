import { expect, test } from '@jest/globals';
import { SeenPods } from '../../../../operators/rollout/measurement/seen-pods.ts';

test('a pod that is gone stays in the measurement of the step', () => {
  const seen = new SeenPods();
  expect(seen.add('loan', 'noon', ['a', 'b'], true).names).toEqual(['a', 'b']);
  expect(seen.add('loan', 'noon', ['b', 'c'], true).names).toEqual(['a', 'b', 'c']);
  expect(seen.add('other', 'noon', ['d'], true).names).toEqual(['d']);
});

test('another step begins with the pods that are there', () => {
  const seen = new SeenPods();
  seen.add('loan', 'noon', ['a', 'b'], true);
  expect(seen.add('loan', 'one', ['b'], true).names).toEqual(['b']);
});

test('a deleted ModelDeployment is forgotten', () => {
  const seen = new SeenPods();
  seen.add('loan', 'noon', ['a'], true);
  seen.forget('loan');
  expect(seen.add('loan', 'noon', ['b'], true).names).toEqual(['b']);
});

test('however many pods are replaced, only the latest 1,000 are remembered', () => {
  const seen = new SeenPods();
  for (let pod = 0; pod < 5_000; pod++) seen.add('loan', 'noon', ['stays', String(pod)], true);
  const { names } = seen.add('loan', 'noon', [], true);
  expect(names).toHaveLength(1_000);
  expect(names).toEqual(expect.arrayContaining(['stays', '4999', '4001']));
});

test.each([
  [
    'the process did not act at the begin of the step',
    (seen: SeenPods) => seen.add('loan', 'noon', ['a'], false),
  ],
  ['the pods could not be listed for a time', (seen: SeenPods) => seen.miss('loan', 'noon')],
])('names may lack for the rest of the step if %s', (_why, happen) => {
  const seen = new SeenPods();
  expect(seen.add('loan', 'noon', ['a'], true).complete).toBe(true);
  happen(seen);
  expect(seen.add('loan', 'noon', ['a'], true).complete).toBe(false);
  expect(seen.add('loan', 'one', ['a'], true).complete).toBe(true);
});
