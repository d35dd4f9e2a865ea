import { z } from 'zod';
import type { Workload } from './deploy-note.ts';
import { type KubeObject, kubeObjectSchema } from './kube-object.ts';
import { podTrouble } from './pod-trouble.ts';

/** How far the rollout of a workload is. `stuck` does not get better by waiting. */
export type RolloutState =
  | { readonly kind: 'done' }
  | { readonly kind: 'pending'; readonly why: string }
  | { readonly kind: 'stuck'; readonly why: string };

const scaledSchema = kubeObjectSchema.extend({
  spec: z.looseObject({ replicas: z.int().default(1) }),
  status: z
    .looseObject({
      observedGeneration: z.int().default(0),
      replicas: z.int().default(0),
      updatedReplicas: z.int().default(0),
      readyReplicas: z.int().default(0),
      availableReplicas: z.int().default(0),
      updateRevision: z.string().optional(),
      conditions: z
        .array(
          z.looseObject({ type: z.string(), reason: z.string().optional(), message: z.string().optional() }),
        )
        .default([]),
    })
    .prefault({}),
});
type Scaled = z.output<typeof scaledSchema>;

const REVISION = 'deployment.kubernetes.io/revision';

/** @param objects the Deployments, StatefulSets, ReplicaSets and pods of the workload's namespace */
export function rolloutState(workload: Workload, objects: readonly KubeObject[]): RolloutState {
  const found = objects.find(
    ({ kind, metadata }) => kind === workload.kind && metadata.name === workload.name,
  );
  if (found === undefined) return { kind: 'pending', why: 'it does not exist yet' };
  const object = scaledSchema.parse(found);
  const why = whyPending(object);
  if (why === undefined) return { kind: 'done' };
  const stalled = object.status.conditions.find(({ reason }) => reason === 'ProgressDeadlineExceeded');
  if (stalled) return { kind: 'stuck', why: stalled.message ?? why };
  const trouble = newestPods(object, objects).flatMap((pod) => podTrouble(pod));
  const final = trouble.find(({ lasting }) => lasting);
  if (final) return { kind: 'stuck', why: final.what };
  return { kind: 'pending', why: [why, ...trouble.map(({ what }) => what)].join('; ') };
}

function whyPending({ kind, metadata, spec, status }: Scaled): string | undefined {
  const wanted = spec.replicas;
  // The status is about an earlier change until the controller has seen this change.
  if (status.observedGeneration < (metadata.generation ?? 0))
    return 'its controller has not seen the change yet';
  if (status.updatedReplicas < wanted) return `${status.updatedReplicas} of ${wanted} pods are new`;
  if (status.replicas > wanted) return `${status.replicas - wanted} earlier pods still end`;
  const ready = kind === 'Deployment' ? status.availableReplicas : status.readyReplicas;
  return ready < wanted ? `${ready} of ${wanted} pods are ready` : undefined;
}

/** The pods of the newest revision. What ails earlier pods ends with them. */
function newestPods(object: Scaled, objects: readonly KubeObject[]): KubeObject[] {
  const pods = objects.filter(({ kind }) => kind === 'Pod');
  if (object.kind === 'StatefulSet') {
    const { updateRevision } = object.status;
    return pods.filter(
      (pod) => isOwned(pod, object) && pod.metadata.labels?.['controller-revision-hash'] === updateRevision,
    );
  }
  const revision = object.metadata.annotations?.[REVISION];
  const sets = objects.filter(
    (set) =>
      set.kind === 'ReplicaSet' && isOwned(set, object) && set.metadata.annotations?.[REVISION] === revision,
  );
  return pods.filter((pod) => sets.some((set) => isOwned(pod, set)));
}

function isOwned({ metadata }: KubeObject, owner: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ kind, name }) => kind === owner.kind && name === owner.metadata.name,
  );
}
