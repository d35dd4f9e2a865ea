import { expect, test } from '@jest/globals';
import type { ContainerStatus } from '../../../../operators/rollout/cluster/objects.ts';
import { waitsForCanary } from '../../../../operators/rollout/cluster/waits-for-canary.ts';

const NOW = Date.UTC(2026, 0, 2);

function startedAt(secondsAgo: number): ContainerStatus {
  const time = new Date(NOW - secondsAgo * 1000).toISOString();
  return { name: 'inference', restartCount: 0, state: { running: { startedAt: time } } };
}

test.each<[string, ContainerStatus | undefined, boolean]>([
  ['whose container has just started', startedAt(0), true],
  ['whose container started 29.9 s ago', startedAt(29.9), true],
  ['whose container started 30 s ago', startedAt(30), false],
  ['on a node whose clock is ahead', startedAt(-3_600), false],
  ['whose container started again after a crash', { ...startedAt(5), restartCount: 1 }, false],
  ['whose container is not running', { name: 'inference', state: { waiting: {} } }, false],
  ['whose sidecar has just started', { ...startedAt(0), name: 'proxy' }, false],
  ['without any container status', undefined, false],
])('a pod %s: %#', (_which, container, expected) => {
  const containerStatuses = container === undefined ? [] : [container];
  const pod = { metadata: { name: 'p' }, status: { phase: 'Running', containerStatuses } };
  expect(waitsForCanary(pod, 'inference', NOW)).toBe(expected);
});
