import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { readPodHealth } from '../../../../operators/rollout/cluster/pod-health.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const MOMENT = {
  container: 'inference',
  now: NOW,
  since: at(-300),
  replacing: false,
  minReadySeconds: 0,
  startSeconds: 120,
};

type Container = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

function pod(container: Partial<Container> = {}, status: Partial<Pod['status']> = {}, deleted?: string): Pod {
  return {
    metadata: { name: 'a', ...(deleted === undefined ? {} : { deletionTimestamp: deleted }) },
    status: {
      phase: 'Running',
      startTime: at(-3600),
      containerStatuses: [{ name: 'inference', ready: false, ...container }],
      ...status,
    },
  };
}

const read = (pods: readonly Pod[], moment = MOMENT) => readPodHealth(pods, moment);

describe('the health of the pods', () => {
  test('calls no pod new that is ready, unless the Deployment asks for a longer readiness', () => {
    const readySince = (time: string) => [{ type: 'Ready', status: 'True', lastTransitionTime: time }];
    const pods = [
      pod({ ready: true }, { startTime: at(-5) }),
      pod({}, { startTime: at(-5), conditions: readySince(at(-5)) }),
      pod({}, { conditions: readySince(at(-30)) }),
    ];
    expect(read(pods)).toEqual({ total: 3, ready: 3, starting: 0, restarting: 0 });
    expect(read(pods, { ...MOMENT, minReadySeconds: 30 }).starting).toBe(1);
  });

  test('leaves out pods that terminate, and pods that their node evicted', () => {
    const pods = [pod({}, {}, at(30)), pod({}, { phase: 'Failed' })];
    expect(read(pods)).toEqual({ total: 0, ready: 0, starting: 0, restarting: 0 });
  });

  test('calls a pod without readiness new for the time to start, or as long as it waits for a node', () => {
    const pods = [
      pod({}, { startTime: at(-119) }),
      pod({}, { phase: 'Pending' }),
      pod({}, { startTime: at(-120) }),
    ];
    expect(read(pods).starting).toBe(2);
  });

  test('does not count the time that a node took to get the image of a new pod', () => {
    const startedAt = at(-10);
    const started = { restartCount: 0, state: { running: { startedAt } } };
    const pods = [
      pod(started),
      pod({ ...started, restartCount: 1 }),
      pod({ ...started, state: { running: { startedAt: at(-120) } } }),
      pod({ ...started, name: 'proxy' }),
    ];
    expect(read(pods).starting).toBe(1);
  });

  test('calls a pod new in the whole step in which the Deployment replaces its pods', () => {
    const pods = [pod({}, { startTime: at(-300) }), pod({}, { startTime: at(-301) })];
    expect(read(pods, { ...MOMENT, replacing: true }).starting).toBe(1);
  });

  test('gives a container the time to start anew that its node lost', () => {
    const lost = (startedAt: string) =>
      pod({
        restartCount: 1,
        state: { running: { startedAt } },
        lastState: { terminated: { exitCode: 255, reason: 'Unknown', finishedAt: startedAt } },
      });
    expect(read([lost(at(-119)), lost(at(-120))])).toEqual({
      total: 2,
      ready: 0,
      starting: 1,
      restarting: 0,
    });
  });

  test('excuses a pod for a while whose node is away', () => {
    const away = (time: string) =>
      pod({ ready: true }, { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: time }] });
    expect(read([away(at(-119)), away(at(-120))]).starting).toBe(1);
  });

  test('does not call a pod new that was ready, that crashed, or that ended by itself', () => {
    const startTime = at(-60);
    const wasReady = {
      startTime,
      conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: at(-30) }],
    };
    const ended = (exitCode: number) =>
      pod({ restartCount: 1, lastState: { terminated: { exitCode, finishedAt: at(-10) } } }, { startTime });
    expect(read([pod({}, wasReady), ended(137), ended(0)])).toEqual({
      total: 3,
      ready: 0,
      starting: 0,
      restarting: 2,
    });
  });
});
