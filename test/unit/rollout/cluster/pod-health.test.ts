import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { readPodHealth } from '../../../../operators/rollout/cluster/pod-health.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();
const MOMENT = { now: NOW, since: at(-300), replacing: false, minReadySeconds: 0, container: 'inference' };

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
    expect(read(pods)).toEqual({ total: 3, starting: 0 });
    expect(read(pods, { ...MOMENT, minReadySeconds: 30 }).starting).toBe(1);
  });

  test('leaves out pods that terminate, and pods that their node evicted', () => {
    const pods = [pod({}, {}, at(30)), pod({}, { phase: 'Failed' })];
    expect(read(pods)).toEqual({ total: 0, starting: 0 });
  });

  test('calls a pod without readiness new for two minutes, or as long as it waits for a node', () => {
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
});
