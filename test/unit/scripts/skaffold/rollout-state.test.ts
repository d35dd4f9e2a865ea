import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { awaitRollout } from '../../../../scripts/skaffold/await-rollout.ts';
import type { Workload } from '../../../../scripts/skaffold/deploy-note.ts';
import { type KubeObject, kubeObjectSchema } from '../../../../scripts/skaffold/kube-object.ts';
import { rolloutState } from '../../../../scripts/skaffold/rollout-state.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const INFERENCE: Workload = { kind: 'Deployment', namespace: 'n', name: 'inference' };
const KINESIS: Workload = { kind: 'StatefulSet', namespace: 'n', name: 'kinesis' };

function object(kind: string, name: string, metadata: object, rest: object): KubeObject {
  return kubeObjectSchema.parse({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'n', ...metadata },
    ...rest,
  });
}

function ownedBy(kind: string, name: string): object {
  return { ownerReferences: [{ kind, name }] };
}

/** A Deployment with a ReplicaSet of before and one of now. */
function deployment(status: object, replicas = 2): KubeObject[] {
  const set = (name: string, revision: string) =>
    object(
      'ReplicaSet',
      name,
      { ...ownedBy('Deployment', 'inference'), annotations: { [REVISION]: revision } },
      {},
    );
  return [
    object(
      'Deployment',
      'inference',
      { generation: 5, annotations: { [REVISION]: '2' } },
      { spec: { replicas }, status: { observedGeneration: 5, ...status } },
    ),
    set('inference-old', '1'),
    set('inference-new', '2'),
  ];
}

function podOf(owner: string, name: string, container: object): KubeObject {
  return object('Pod', name, ownedBy('ReplicaSet', owner), {
    status: { containerStatuses: [{ name: 'main', ...container }] },
  });
}

const crashing = (restartCount: number): object => ({
  restartCount,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
  lastState: { terminated: { exitCode: 1, message: 'SyntaxError:\n  oh' } },
});

const READY = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

describe('a rollout', () => {
  test('is done only if the controller saw the change, and as many pods as wanted are new, ready and alone', () => {
    const count = fc.nat(3);
    fc.assert(
      fc.property(
        count,
        count,
        count,
        count,
        count,
        (wanted, replicas, updatedReplicas, availableReplicas, lag) => {
          const status = {
            observedGeneration: 5 - lag,
            replicas,
            updatedReplicas,
            availableReplicas,
            readyReplicas: availableReplicas,
          };
          const done =
            lag === 0 && updatedReplicas >= wanted && replicas <= wanted && availableReplicas >= wanted;
          const state = rolloutState(INFERENCE, deployment(status, wanted));
          expect(state.kind).toBe(done ? 'done' : 'pending');
          const set = object(
            'StatefulSet',
            'kinesis',
            { generation: 5 },
            { spec: { replicas: wanted }, status },
          );
          expect(rolloutState(KINESIS, [set]).kind).toBe(done ? 'done' : 'pending');
        },
      ),
    );
  });

  test.each<[string, KubeObject[], string]>([
    ['an object that does not exist', [], 'it does not exist yet'],
    [
      'an object without a status',
      [object('StatefulSet', 'kinesis', { generation: 1 }, { spec: {} })],
      'its controller',
    ],
  ])('is pending for %s', (_, objects, why) => {
    const state = rolloutState(KINESIS, objects);
    expect(state).toMatchObject({ kind: 'pending', why: expect.stringContaining(why) });
  });

  test('is stuck if a new pod crashes again and again, and says what its program said last', () => {
    const objects = [
      ...deployment({ ...READY, availableReplicas: 1 }),
      podOf('inference-new', 'inference-new-1', crashing(3)),
    ];
    expect(rolloutState(INFERENCE, objects)).toEqual({
      kind: 'stuck',
      why: 'pod inference-new-1, container main: CrashLoopBackOff: SyntaxError: oh',
    });
  });

  test.each([
    ['a pod of before crashes', podOf('inference-old', 'inference-old-1', crashing(9))],
    ['a new pod has crashed a few times', podOf('inference-new', 'inference-new-1', crashing(2))],
    ['a pod of somebody else crashes', podOf('other', 'other-1', crashing(9))],
    [
      'a new pod waits for a Secret',
      podOf('inference-new', 'p', { state: { waiting: { reason: 'CreateContainerConfigError' } } }),
    ],
  ])('goes on while %s', (_, pod) => {
    const objects = [...deployment({ ...READY, availableReplicas: 1 }), pod];
    expect(rolloutState(INFERENCE, objects).kind).toBe('pending');
  });

  test.each(['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'])('is stuck on %s', (reason) => {
    const pod = podOf('inference-new', 'p', { state: { waiting: { reason, message: 'no such image' } } });
    const state = rolloutState(INFERENCE, [...deployment({ ...READY, availableReplicas: 1 }), pod]);
    expect(state).toMatchObject({ kind: 'stuck', why: expect.stringContaining('no such image') });
  });

  test('is stuck if Kubernetes gave it up', () => {
    const conditions = [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded', message: 'it timed out' }];
    const state = rolloutState(INFERENCE, deployment({ ...READY, availableReplicas: 0, conditions }));
    expect(state).toEqual({ kind: 'stuck', why: 'it timed out' });
  });

  test('tells why a pod of the new revision of a StatefulSet has no node', () => {
    const set = object(
      'StatefulSet',
      'kinesis',
      { generation: 1 },
      {
        spec: { replicas: 1 },
        status: { ...READY, observedGeneration: 1, replicas: 1, readyReplicas: 0, updateRevision: 'b' },
      },
    );
    const pod = object(
      'Pod',
      'kinesis-0',
      { ...ownedBy('StatefulSet', 'kinesis'), labels: { 'controller-revision-hash': 'b' } },
      {
        status: {
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'too little memory' },
          ],
        },
      },
    );
    expect(rolloutState(KINESIS, [set, pod])).toEqual({
      kind: 'pending',
      why: '0 of 1 pods are ready; pod kinesis-0 has no node: too little memory',
    });
  });
});

describe('awaiting rollouts', () => {
  const time = () => {
    let now = 0;
    return {
      now: () => now,
      monotonic: () => now,
      sleep: async (milliseconds: number) => {
        now += milliseconds;
      },
    };
  };

  test('ends as soon as all are done', async () => {
    const clock = time();
    const list = async () => deployment(clock.now() < 20_000 ? { ...READY, availableReplicas: 1 } : READY);
    const said: string[] = [];
    const options = { clock, say: (message: string) => said.push(message), deadlineSeconds: 60 };
    await awaitRollout([INFERENCE], list, options);
    expect(clock.now()).toBe(20_000);
    expect(said).toEqual([
      'waiting for the rollout, 15 of at most 60 s:\n  deployment/inference: 1 of 2 pods are ready',
    ]);
  });

  test('fails at the deadline with every workload that is open', async () => {
    const awaited = awaitRollout([INFERENCE, KINESIS], async () => [], {
      clock: time(),
      say: () => {},
      deadlineSeconds: 60,
    });
    await expect(awaited).rejects.toThrow(
      'not rolled out after 60 s:\n  deployment/inference: it does not exist yet\n  statefulset/kinesis: it does not exist yet',
    );
  });

  test('goes on while another workload, which the stuck one may need, is under way', async () => {
    const clock = time();
    const pod = podOf('inference-new', 'p', crashing(5));
    const list = async () => [...deployment({ ...READY, availableReplicas: 0 }), pod];
    const awaited = awaitRollout([INFERENCE, KINESIS], list, { clock, say: () => {}, deadlineSeconds: 60 });
    await expect(awaited).rejects.toThrow('not rolled out after 60 s');
  });

  test('fails at once if nothing but stuck workloads is open', async () => {
    const clock = time();
    const pod = podOf('inference-new', 'p', crashing(5));
    const list = async () => [...deployment({ ...READY, availableReplicas: 0 }), pod];
    const awaited = awaitRollout([INFERENCE], list, { clock, say: () => {}, deadlineSeconds: 60 });
    await expect(awaited).rejects.toThrow('not rolled out after 0 s');
  });
});
