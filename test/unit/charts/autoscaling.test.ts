import { expect, test } from '@jest/globals';
import { eks } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf } from '../../support/manifest-objects.ts';

const { spec } = objectsOf(systemManifests(eks)).find(
  ({ kind }) => kind === 'ScaledObject',
) as ManifestObject;

test('a lag that nobody tells is a failure and not a lag of 0', () => {
  expect(spec.triggers).toHaveLength(1);
  expect(spec.triggers[0].metadata.ignoreNullValues).toBe('false');
});

test('without a lag as many consumers stay as there are', () => {
  expect(spec.fallback).toEqual({
    failureThreshold: 3,
    behavior: 'currentReplicas',
    replicas: eks.inference.maximumReplicas,
  });
});

test('one consumer goes at a time, minutes apart', () => {
  const { scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
  expect(scaleDown.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 300 }]);
  expect(scaleDown.selectPolicy).toBeUndefined();
});
