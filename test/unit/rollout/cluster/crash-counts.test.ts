import { beforeEach, expect, test } from '@jest/globals';
import { CrashCounts } from '../../../../operators/rollout/cluster/crash-counts.ts';
import type { ContainerStatus, Pod } from '../../../../operators/rollout/cluster/objects.ts';

const SINCE = '2026-01-01T12:00:00Z';
const BEFORE = '2026-01-01T11:59:00Z';
const AFTER = '2026-01-01T12:00:10Z';
const FAR_AHEAD = '2026-01-01T13:00:00Z';
const now = Date.parse('2026-01-01T12:00:20Z');

const ended = (exitCode: number, finishedAt = AFTER) => ({ terminated: { exitCode, finishedAt } });
const running = (restartCount: number, last?: object): Partial<ContainerStatus> => ({
  restartCount,
  state: {},
  ...(last ? { lastState: last } : {}),
});

function pod(uid: string, status: Partial<ContainerStatus>, more: Partial<Pod['status'] & object> = {}): Pod {
  const containerStatuses = [
    { name: 'proxy', restartCount: 9, state: ended(1) },
    { name: 'inference', ...status },
  ];
  return { metadata: { name: uid, uid }, status: { phase: 'Running', containerStatuses, ...more } };
}

let counts: CrashCounts;
beforeEach(() => {
  counts = new CrashCounts();
});

function count(...pods: Pod[]): number {
  return counts.count('loan', pods, { container: 'inference', since: SINCE, now });
}

test('counts each crash once, while the container waits for its restart and after it', () => {
  expect(count(pod('a', running(0)))).toBe(0);
  expect(count(pod('a', { restartCount: 0, state: ended(1) }))).toBe(1);
  const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended(1) };
  expect(count(pod('a', { restartCount: 0, ...waiting }))).toBe(1);
  expect(count(pod('a', running(1, ended(1))))).toBe(1);
  expect(count(pod('a', { restartCount: 1, ...waiting }))).toBe(2);
  expect(count(pod('a', running(4, ended(1))))).toBe(4);
});

test('leaves out the crashes before the candidate, also if the clock of the node is an hour ahead', () => {
  expect(count(pod('a', running(5, ended(1, BEFORE))), pod('b', running(7, ended(137, FAR_AHEAD))))).toBe(0);
  expect(count(pod('a', running(6, ended(1))), pod('b', running(7, ended(137, FAR_AHEAD))))).toBe(1);
});

test('counts a crash between the begin and the first look, and every crash of a pod that started later', () => {
  expect(count(pod('a', running(5, ended(1))))).toBe(1);
  expect(count(pod('a', running(5, ended(1))), pod('b', running(2, ended(139))))).toBe(3);
});

test('goes on counting the crashes of pods that are replaced', () => {
  count(pod('a', running(0)));
  expect(count(pod('a', running(1, ended(1))))).toBe(1);
  expect(count(pod('b', running(1, ended(1))))).toBe(2);
  expect(count()).toBe(2);
});

test('does not count a clean exit, a sidecar, or the end of a pod that is deleted or evicted', () => {
  count(pod('a', running(0)), pod('b', running(0)), pod('c', running(0)));
  const deleted = pod('b', { restartCount: 0, state: ended(137) });
  expect(
    count(
      pod('a', running(1, ended(0))),
      { ...deleted, metadata: { ...deleted.metadata, deletionTimestamp: AFTER } },
      pod('c', { restartCount: 0, state: ended(137) }, { phase: 'Failed' }),
    ),
  ).toBe(0);
});

test('does not count the end of a container by a restart of its node', () => {
  const lost = (exitCode: number, reason: string) => ({
    terminated: { exitCode, reason, finishedAt: AFTER },
  });
  count(pod('a', running(0)), pod('b', running(0)));
  const rebooted = [
    pod('a', running(1, lost(255, 'Unknown'))),
    pod('b', running(1, lost(137, 'ContainerStatusUnknown'))),
  ];
  expect(count(...rebooted)).toBe(0);
  expect(count(pod('a', running(2, lost(255, 'Error'))))).toBe(1);
});

test('begins anew with another step, and apart for each ModelDeployment', () => {
  count(pod('a', running(0)));
  const crashed = [pod('a', running(1, ended(1)))];
  expect(count(...crashed)).toBe(1);
  expect(counts.count('loan', crashed, { container: 'inference', since: FAR_AHEAD, now })).toBe(0);
  expect(counts.count('other', crashed, { container: 'inference', since: FAR_AHEAD, now })).toBe(0);
});
