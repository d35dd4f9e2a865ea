import { describe, expect, test } from '@jest/globals';
import {
  lastPinManager,
  ownPinTime,
  ownsFields,
  withoutOurFields,
} from '../../../../operators/rollout/cluster/pin-owners.ts';
import type { ManagedFields } from '../../../../services/shared/kubernetes/objects.ts';

const env = (container: string, ...names: string[]) => ({
  'f:spec': {
    'f:template': {
      'f:spec': {
        'f:containers': {
          [`k:{"name":"${container}"}`]: {
            'f:env': Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, { '.': {} }])),
          },
        },
      },
    },
  },
});

const OURS: ManagedFields = {
  manager: 'loan-eligibility-rollout',
  time: '2026-01-01T00:00:09Z',
  fieldsV1: env('inference', 'MODEL_VERSION', 'MODEL_DIGEST'),
};
const ARGO: ManagedFields = {
  manager: 'argocd-controller',
  time: '2026-01-01T00:00:01Z',
  fieldsV1: env('inference', 'MODEL_VERSION'),
};
const SCALER: ManagedFields = { manager: 'scaler', time: '2026-01-01T00:00:05Z', fieldsV1: { 'f:spec': {} } };
const STATUS: ManagedFields = {
  manager: 'kube-controller-manager',
  time: '2026-01-01T00:00:08Z',
  subresource: 'status',
};

const deployment = (...managedFields: ManagedFields[]) => ({
  metadata: { name: 'inference', resourceVersion: '5', managedFields },
});

describe('the manager that set the pin last', () => {
  test('is the owner of one of the two variables of the container', () => {
    expect(lastPinManager(deployment(SCALER, ARGO, STATUS, OURS), 'inference')).toBe('argocd-controller');
    const other = { ...SCALER, fieldsV1: env('sidecar', 'MODEL_VERSION') };
    expect(lastPinManager(deployment(other, ARGO), 'inference')).toBe('argocd-controller');
  });

  test('is the later of two owners', () => {
    const helm = { ...ARGO, manager: 'helm', time: '2026-01-01T00:00:02Z' };
    expect(lastPinManager(deployment(helm, ARGO), 'inference')).toBe('helm');
  });

  test('is the last writer, if it removed the variables and so owns none', () => {
    expect(lastPinManager(deployment(SCALER, STATUS, OURS), 'inference')).toBe('scaler');
  });

  test('is unknown without managed fields, whatever they look like', () => {
    expect(lastPinManager({ metadata: { name: 'x' } }, 'inference')).toBeUndefined();
    expect(lastPinManager(deployment(OURS, STATUS), 'inference')).toBeUndefined();
    expect(lastPinManager(deployment({ manager: 'odd', fieldsV1: 'text' }), 'a"b')).toBe('odd');
  });
});

test('the operator set the pin when it last changed its fields', () => {
  expect(ownPinTime(deployment(ARGO, OURS, STATUS))).toBe('2026-01-01T00:00:09Z');
  expect(ownPinTime(deployment(ARGO, STATUS))).toBeUndefined();
  expect(ownPinTime({ metadata: { name: 'x' } })).toBeUndefined();
});

test('the fields of the operator are given up, and no other', () => {
  expect(ownsFields(deployment(ARGO, OURS))).toBe(true);
  expect(ownsFields(deployment(ARGO))).toBe(false);
  expect(withoutOurFields(deployment(ARGO, OURS, STATUS))).toEqual({
    resourceVersion: '5',
    managedFields: [ARGO, STATUS],
  });
});
