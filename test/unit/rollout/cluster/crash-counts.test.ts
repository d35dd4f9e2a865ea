import { beforeEach, expect, test } from '@jest/globals';
import { CrashCounts } from '../../../../operators/rollout/cluster/crash-counts.ts';
import type { ContainerStatus, Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const SINCE = '2026-01-01T12:00:00Z';
const BEFORE = '2026-01-01T11:50:00Z';
const SHORTLY_BEFORE = '2026-01-01T11:59:00Z';
const AFTER = '2026-01-01T12:00:10Z';
const FAR_AHEAD = '2026-01-01T13:00:00Z';
const now = Date.parse('2026-01-01T12:00:20Z');

const ended = (exitCode: number, finishedAt = AFTER, reason = 'Error') => ({
  terminated: { exitCode, finishedAt, reason },
});
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

let clock: ManualClock;
let counts: CrashCounts;
beforeEach(() => {
  clock = new ManualClock();
  counts = new CrashCounts(clock);
});

const EPISODE = { id: 'load 2', container: 'inference', since: SINCE, recoverySeconds: 120, now };

function count(...pods: Pod[]): number {
  return counts.read('loan', pods, EPISODE).recent;
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
  expect(count(pod('a', running(1, ended(1))))).toBe(1);
  expect(count(pod('a', running(1, ended(1))), pod('b', running(2, ended(139))))).toBe(3);
});

test('goes on counting the crashes of pods that are replaced', () => {
  count(pod('a', running(0)));
  expect(count(pod('a', running(1, ended(1))))).toBe(1);
  expect(count(pod('b', running(1, ended(1))))).toBe(2);
  expect(count()).toBe(2);
});

test('does not count a sidecar, or the end of a pod that is deleted or evicted', () => {
  count(pod('a', running(0)), pod('b', running(0)), pod('c', running(0)));
  const deleted = pod('b', { restartCount: 0, state: ended(137) });
  expect(
    count(
      pod('a', running(0)),
      { ...deleted, metadata: { ...deleted.metadata, deletionTimestamp: AFTER } },
      pod('c', { restartCount: 0, state: ended(137) }, { phase: 'Failed' }),
    ),
  ).toBe(0);
});

test('does not count a container that its node lost, also if the container crashes later', () => {
  count(pod('a', running(0)), pod('b', running(0)));
  const lost = ended(255, AFTER, 'Unknown');
  expect(
    count(pod('a', running(1, lost)), pod('b', running(1, ended(137, AFTER, 'ContainerStatusUnknown')))),
  ).toBe(0);
  expect(count(pod('a', running(2, ended(255))), pod('b', running(1, lost)))).toBe(1);
});

test('does not count a pod that crashed shortly before the candidate, because it may go on', () => {
  const crashing = (restarts: number) => pod('a', running(restarts, ended(1, SHORTLY_BEFORE)));
  expect(count(crashing(5), pod('b', running(0)))).toBe(0);
  expect(count(crashing(9), pod('b', running(1, ended(1))))).toBe(1);
});

test('does not count a pod that waits for its restart since long before the candidate', () => {
  const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended(1, BEFORE) };
  expect(count(pod('a', { restartCount: 5, ...waiting }))).toBe(0);
  expect(count(pod('a', running(6, ended(1))))).toBe(0);
  expect(counts.read('loan', [], EPISODE).before).toEqual({ restarts: 0, podSeconds: 0 });
});

test('counts every pod if an earlier crash does not excuse it', () => {
  const strict = { ...EPISODE, recoverySeconds: 0 };
  counts.read('loan', [pod('a', running(5, ended(1, SHORTLY_BEFORE)))], strict);
  expect(counts.read('loan', [pod('a', running(6, ended(1)))], strict).recent).toBe(1);
});

test('counts the crashes of ten minutes', () => {
  count(pod('a', running(0)));
  expect(count(pod('a', running(2, ended(1))))).toBe(2);
  clock.advance(599_999);
  expect(count(pod('a', running(3, ended(1))))).toBe(3);
  clock.advance(1);
  expect(count(pod('a', running(3, ended(1))))).toBe(1);
});

test('shows how often the pods had restarted before the candidate, and for how long they ran', () => {
  const startTime = '2026-01-01T11:00:20Z';
  const pods = [
    pod('a', running(3, ended(1)), { startTime }),
    pod('b', running(4, ended(1, BEFORE)), { startTime }),
  ];
  const { before } = counts.read('loan', pods, EPISODE);
  expect(before).toEqual({ restarts: 6, podSeconds: 7200 });
  expect(counts.read('loan', [], EPISODE).before).toBe(before);
});

test('leaves out the first end of a new pod, if every pod ended once before', () => {
  count(pod('a', running(1, ended(1, BEFORE))), pod('b', running(3, ended(1, BEFORE))));
  expect(count(pod('c', running(1, ended(1))))).toBe(0);
  expect(count(pod('c', running(2, ended(1))))).toBe(1);
});

test('goes on through the steps of a candidate, begins anew with another, and counts for each ModelDeployment', () => {
  count(pod('a', running(0)));
  const crashed = [pod('a', running(1, ended(1)))];
  expect(count(...crashed)).toBe(1);
  expect(counts.read('loan', crashed, { ...EPISODE, since: FAR_AHEAD }).recent).toBe(1);
  const other = { ...EPISODE, id: 'load 3', since: FAR_AHEAD };
  expect(counts.read('other', crashed, other).recent).toBe(0);
  expect(counts.read('loan', crashed, other).recent).toBe(0);
});

test('counts an orderly end too, because the pod is not deleted', () => {
  count(pod('a', running(0)));
  expect(count(pod('a', running(1, ended(0))))).toBe(1);
});
