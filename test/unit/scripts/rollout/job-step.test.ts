import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { jobStep, type PlayedJob } from '../../../../scripts/rollout/job-step.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');
const started: PlayedJob = {
  metadata: { name: 'verify' },
  spec: { template: { spec: { containers: [] } }, backoffLimit: 1, activeDeadlineSeconds: 60 },
  status: { startTime: '2026-07-01T11:59:30Z' },
};

function ended(exitCode: number): Pod {
  const state = { terminated: { exitCode } };
  return {
    metadata: { name: `ended-${exitCode}` },
    status: {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'verify', state }],
    },
  };
}
const running: Pod = { metadata: { name: 'running' }, status: { phase: 'Running' } };

function outcome(pods: readonly Pod[], now = NOW) {
  const { create, remove, status } = jobStep(started, pods, now);
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; reason: string }[] };
  return {
    create,
    remove: remove.length,
    end: conditions.map(({ type, reason }) => `${type} ${reason}`).at(-1),
  };
}

describe('the played Job', () => {
  test('notes its start before it runs a pod', () => {
    expect(jobStep({ ...started, status: {} }, [], NOW)).toEqual({
      create: false,
      remove: [],
      status: { startTime: '2026-07-01T12:00:00Z' },
    });
  });

  test('runs one pod at a time', () => {
    expect(outcome([])).toEqual({ create: true, remove: 0, end: undefined });
    expect(outcome([running])).toEqual({ create: false, remove: 0, end: undefined });
  });

  test('is complete when a pod has succeeded', () => {
    expect(outcome([ended(0)]).end).toBe('Complete CompletionsReached');
  });

  test('fails at once if the version was refused or crashed', () => {
    expect(outcome([ended(1)]).end).toBe('Failed PodFailurePolicy');
    expect(outcome([ended(137)]).end).toBe('Failed PodFailurePolicy');
  });

  test('tries again after a failure of the infrastructure, up to its limit', () => {
    expect(outcome([ended(2)])).toEqual({ create: true, remove: 0, end: undefined });
    expect(outcome([ended(2), ended(2)])).toEqual({
      create: false,
      remove: 0,
      end: 'Failed BackoffLimitExceeded',
    });
  });

  test('ends its pod at the deadline', () => {
    expect(outcome([running], NOW + 31_000)).toEqual({
      create: false,
      remove: 1,
      end: 'Failed DeadlineExceeded',
    });
  });

  test('does nothing more once it is finished', () => {
    const conditions = [{ type: 'Failed', status: 'True' }];
    expect(jobStep({ ...started, status: { ...started.status, conditions } }, [], NOW).create).toBe(false);
  });
});
