import { describe, expect, test } from '@jest/globals';
import { candidateOf } from '../../../../../services/inference/decision/route/candidate-watch.ts';

const since = '2026-01-01T00:00:00.000Z';
const candidate = { version: '7', digest: 'sha256:77', since };

describe('the candidate that a pod has to load', () => {
  test('is none without a status, a candidate, a mode or a digest', () => {
    expect(candidateOf(undefined, '6')).toBeUndefined();
    expect(candidateOf({}, '6')).toBeUndefined();
    expect(candidateOf({ candidate }, '6')).toBeUndefined();
    expect(candidateOf({ candidate: { version: '7', mode: 'shadow', since } }, '6')).toBeUndefined();
  });

  test('decides no keys in shadow, whatever the weight says', () => {
    expect(candidateOf({ candidate: { ...candidate, mode: 'shadow', weightPercent: 50 } }, '6')).toEqual({
      version: '7',
      digest: 'sha256:77',
      mode: 'shadow',
      weightPercent: 0,
    });
  });

  test('decides its share of the keys in canary', () => {
    expect(
      candidateOf({ candidate: { ...candidate, mode: 'canary', weightPercent: 10 } }, '6'),
    ).toMatchObject({
      mode: 'canary',
      weightPercent: 10,
    });
  });

  test('is none in a pod that is pinned to it already', () => {
    expect(
      candidateOf({ candidate: { ...candidate, mode: 'canary', weightPercent: 100 } }, '7'),
    ).toBeUndefined();
  });
});
