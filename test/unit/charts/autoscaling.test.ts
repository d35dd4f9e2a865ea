import { expect, test } from '@jest/globals';
import { eks } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf } from '../../support/manifest-objects.ts';

const { spec } = objectsOf(systemManifests(eks)).find(
  ({ kind }) => kind === 'ScaledObject',
) as ManifestObject;

test('a missing lag is a failure and not a lag of 0', () => {
  expect(spec.triggers).toHaveLength(1);
  expect(spec.triggers[0].metadata.ignoreNullValues).toBe('false');
});

test('without a lag the number of consumers stays', () => {
  expect(spec.fallback).toEqual({
    failureThreshold: 3,
    behavior: 'currentReplicas',
    replicas: eks.inference.maximumReplicas,
  });
});

test('consumers are removed one at a time, minutes apart', () => {
  const { scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
  expect(scaleDown.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 300 }]);
  expect(scaleDown.selectPolicy).toBeUndefined();
});
