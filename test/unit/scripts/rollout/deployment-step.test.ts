import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Deployment, Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { TEMPLATE_HASH_LABEL } from '../../../../operators/rollout/cluster/own-pods.ts';
import { deploymentStep, isReady, templateHash } from '../../../../scripts/rollout/deployment-step.ts';

const NOW = Date.parse('2026-07-01T12:00:00Z');

function deployment(replicas: number, paused = false): Deployment {
  return {
    metadata: { name: 'inference', generation: 3 },
    spec: { replicas, paused, selector: {}, template: { spec: { containers: [{ name: 'inference' }] } } },
  };
}

const PRESENT = templateHash(deployment(1).spec.template);

function pod(name: string, hash: string, ready: boolean): Pod {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return {
    metadata: { name, labels: { [TEMPLATE_HASH_LABEL]: hash } },
    status: { phase: 'Running', conditions },
  };
}

describe('the played Deployment', () => {
  test('creates the pods that it wants', () => {
    expect(deploymentStep(deployment(2), [], NOW)).toMatchObject({ create: 2, remove: [] });
  });

  test('replaces one pod at a time', () => {
    const old = [pod('a', 'old', true), pod('b', 'old', true)];
    expect(deploymentStep(deployment(2), old, NOW)).toMatchObject({ create: 1, remove: [] });
    const starting = [...old, pod('c', PRESENT, false)];
    expect(deploymentStep(deployment(2), starting, NOW)).toMatchObject({ create: 0, remove: [] });
    const started = [...old, pod('c', PRESENT, true)];
    expect(deploymentStep(deployment(2), started, NOW)).toMatchObject({ create: 0, remove: [old[0]] });
  });

  test('is complete once every pod has the present template and is ready', () => {
    const pods = [pod('a', PRESENT, true), pod('b', PRESENT, true)];
    const { status } = deploymentStep(deployment(2), pods, NOW);
    expect(status).toMatchObject({
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      conditions: [{ type: 'Progressing', reason: 'NewReplicaSetAvailable' }],
    });
    const { status: before } = deploymentStep(deployment(2), [pod('a', 'old', true), ...pods], NOW);
    expect(before.conditions).toMatchObject([{ reason: 'ReplicaSetUpdated' }]);
  });

  test('leaves the pods alone while it is paused', () => {
    const old = [pod('a', 'old', true), pod('b', 'old', true)];
    expect(deploymentStep(deployment(2, true), old, NOW)).toMatchObject({ create: 0, remove: [] });
  });

  test('never has fewer ready pods than wanted by its own doing, nor more than one pod too many', () => {
    const anyPod = fc.record({ old: fc.boolean(), ready: fc.boolean() });
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (given, replicas) => {
        const pods = given.map(({ old, ready }, index) => pod(`p${index}`, old ? 'old' : PRESENT, ready));
        const { create, remove } = deploymentStep(deployment(replicas), pods, NOW);
        const readyBefore = pods.filter(isReady).length;
        const readyAfter = pods.filter((other) => isReady(other) && !remove.includes(other)).length;
        expect(readyAfter).toBeGreaterThanOrEqual(Math.min(readyBefore, replicas));
        if (create > 0) expect(pods.length + create).toBeLessThanOrEqual(replicas + 1);
        expect(new Set(remove).size).toBe(remove.length);
      }),
    );
  });

  test('ends with the pods that it wants, whatever they were', () => {
    const anyPod = fc.record({ old: fc.boolean(), ready: fc.boolean() });
    fc.assert(
      fc.property(fc.array(anyPod, { maxLength: 8 }), fc.integer({ min: 0, max: 4 }), (given, replicas) => {
        let pods = given.map(({ old, ready }, index) => pod(`p${index}`, old ? 'old' : PRESENT, ready));
        for (let round = 0; round < 40; round++) {
          const { create, remove } = deploymentStep(deployment(replicas), pods, NOW);
          pods = pods
            .filter((other) => !remove.includes(other))
            // Pods of the present template become ready. Those of a former template may never do.
            .map((other) =>
              other.metadata.labels?.[TEMPLATE_HASH_LABEL] === PRESENT
                ? pod(other.metadata.name, PRESENT, true)
                : other,
            )
            .concat(Array.from({ length: create }, (_, index) => pod(`n${round}-${index}`, PRESENT, false)));
        }
        expect(pods).toHaveLength(replicas);
        expect(pods.every(isReady)).toBe(true);
      }),
    );
  });
});
