import { describe, expect, test } from '@jest/globals';
import { storable, without } from '../../../../operators/rollout/cluster/storable-status.ts';
import {
  type ModelDeploymentStatus,
  statusSchema,
} from '../../../../services/shared/model-deployment/status.ts';

const AT = '2026-01-01T00:00:00.000Z';
const ODD = '+055840-11-08T22:13:20.000Z';
const version = (number: string) => ({ version: number, runId: 'r', digest: 'sha256:1', since: AT });
const refusal = { version: '9', reason: 'CanaryFailed', message: 'bad', at: AT };

const STATUS: ModelDeploymentStatus = {
  phase: 'Canary',
  stable: version('1'),
  candidate: { ...version('2'), mode: 'canary', weightPercent: 50 },
  refusals: [refusal],
  conditions: [
    { type: 'Available', status: 'True', reason: 'Serving', message: '', lastTransitionTime: AT },
    { type: 'Degraded', status: 'False', reason: 'AsExpected', message: '', lastTransitionTime: AT },
  ],
};
const { candidate, stable } = STATUS;

describe('a status before its write', () => {
  test('is as it is if it fits', () => {
    expect(storable(STATUS)).toEqual({ status: STATUS, misfits: [] });
  });

  test.each<[string, Partial<ModelDeploymentStatus>, Partial<ModelDeploymentStatus>]>([
    ['a number', { candidate: { ...version('2'), samples: 1e20 } }, { candidate: version('2') }],
    ['a time', { stable: { ...version('1'), modelCreatedAt: ODD } }, { stable }],
    ['a measurement', { analysis: { measuredAt: ODD, failures: 1, message: '' } }, {}],
    ['an entry of a list', { refusals: [{ ...refusal, at: ODD }, refusal] }, { refusals: [refusal] }],
  ])('loses %s that does not fit, and nothing else', (_what, odd, mended) => {
    const { status, misfits } = storable({ ...STATUS, ...odd });
    expect(status).toEqual({ ...STATUS, ...mended });
    expect(misfits).toHaveLength(1);
  });

  test('has a shorter message if the message is too long', () => {
    const { status } = storable({ ...STATUS, failed: { ...refusal, message: 'x'.repeat(2000) } });
    expect(status.failed?.message).toBe(`${'x'.repeat(1023)}…`);
  });

  test('has no more entries than a list may have', () => {
    const refusals = Array.from({ length: 60 }, (_, index) => ({ ...refusal, version: String(index) }));
    expect(storable({ ...STATUS, refusals }).status.refusals).toEqual(refusals.slice(0, 50));
  });

  test('has whole characters only, as the API server stores them', () => {
    const { status } = storable({ ...STATUS, stable: { ...version('1'), runId: '\ud83d' } });
    expect(status.stable?.runId).toBe('\ufffd');
  });
});

describe('a status without a part', () => {
  test.each<[string, readonly PropertyKey[]]>([
    ['the phase', ['phase']],
    ['the time of the stable version', ['stable', 'since']],
    ['the number of the candidate', ['candidate', 'version']],
  ])('is none if the part is %s', (_what, path) => {
    expect(without(STATUS, path)).toBeUndefined();
  });

  test('loses a whole condition of a type that the API server does not know', () => {
    expect(without(STATUS, ['conditions', '1', 'type'])?.conditions).toEqual(STATUS.conditions?.slice(0, 1));
  });

  test('still has a refusal whose text was refused', () => {
    const once = without(STATUS, ['refusals', '0', 'message']);
    expect(once?.refusals).toEqual([{ ...refusal, message: 'the API server refused this text' }]);
  });

  test('fits', () => {
    for (const path of [['candidate', 'weightPercent'], ['conditions'], ['refusals', '0', 'at']]) {
      expect(statusSchema.safeParse(without(STATUS, path)).success).toBe(true);
    }
    expect(candidate?.weightPercent).toBe(50);
  });
});
