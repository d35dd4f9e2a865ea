import { z } from 'zod';
import { type KubeObject, kubeObjectSchema } from './kube-object.ts';

/** What keeps a pod from being ready. `lasting` if waiting does not help. */
export interface PodTrouble {
  readonly what: string;
  readonly lasting: boolean;
}

const podSchema = kubeObjectSchema.extend({
  status: z
    .looseObject({
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .default([]),
      initContainerStatuses: z.lazy(() => statusesSchema).default([]),
      containerStatuses: z.lazy(() => statusesSchema).default([]),
    })
    .prefault({}),
});

const stateSchema = z.looseObject({
  waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.looseObject({}).optional(),
  terminated: z.looseObject({ message: z.string().optional(), exitCode: z.int() }).optional(),
});

const statusesSchema = z.array(
  z.looseObject({
    name: z.string(),
    restartCount: z.int().default(0),
    state: stateSchema.default({}),
    lastState: stateSchema.default({}),
  }),
);

/** A program that ended so often is broken, or needs something that is not there. */
const RESTARTS = 3;
const IMAGE_REASONS = ['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'];
const SHOWN_CHARACTERS = 300;

export function podTrouble(object: KubeObject): PodTrouble[] {
  const { metadata, status } = podSchema.parse(object);
  const unscheduled = status.conditions.find(
    ({ type, status: value, reason }) =>
      type === 'PodScheduled' && value === 'False' && reason === 'Unschedulable',
  );
  if (unscheduled)
    return [{ what: `pod ${metadata.name} has no node: ${shown(unscheduled.message)}`, lasting: false }];
  return [...status.initContainerStatuses, ...status.containerStatuses].flatMap((container) => {
    const { reason = '', message } = container.state.waiting ?? {};
    if (reason === '' || reason === 'PodInitializing' || reason === 'ContainerCreating') return [];
    const crashed = reason === 'CrashLoopBackOff';
    const said = crashed ? (container.lastState.terminated?.message ?? message) : message;
    return {
      what: `pod ${metadata.name}, container ${container.name}: ${reason}: ${shown(said)}`,
      lasting: IMAGE_REASONS.includes(reason) || (crashed && container.restartCount >= RESTARTS),
    };
  });
}

/** Whether a program of the pod runs now. */
export function isRunning(object: KubeObject): boolean {
  const { status } = podSchema.parse(object);
  return [...status.initContainerStatuses, ...status.containerStatuses].some(({ state }) => state.running);
}

function shown(text = ''): string {
  return text.trim().split(/\s+/).join(' ').slice(0, SHOWN_CHARACTERS);
}
