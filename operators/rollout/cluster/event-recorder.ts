import { createHash } from 'node:crypto';
import { ROLLOUT_MANAGER, SERVING_GROUP } from '../../../services/shared/agreements/kubernetes-names.ts';
import type { Clock } from '../../../services/shared/clock.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import {
  KIND,
  type ModelDeployment,
  VERSION,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { RolloutEvent } from '../decision/events.ts';

interface CoreEvent extends KubernetesObject {
  readonly count?: number;
}

/** Writes Events. A repeated event increments `count` of the existing Event. */
export class EventRecorder {
  readonly #client: KubernetesClient;
  readonly #clock: Clock;

  constructor(client: KubernetesClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async record(object: ModelDeployment, { type, reason, message }: RolloutEvent): Promise<void> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const key = createHash('sha256').update(`${uid} ${reason} ${message}`).digest('hex').slice(0, 16);
    const path = `/api/v1/namespaces/${namespace}/events`;
    const lastTimestamp = new Date(this.#clock.now()).toISOString();
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${key}`, namespace: namespace ?? '' },
      involvedObject: {
        apiVersion: `${SERVING_GROUP}/${VERSION}`,
        kind: KIND,
        name,
        namespace,
        uid,
        resourceVersion,
      },
      source: { component: ROLLOUT_MANAGER },
      reportingComponent: ROLLOUT_MANAGER,
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: lastTimestamp,
      lastTimestamp,
    };
    try {
      await this.#client.create(path, event);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const { count = 1 } = await this.#client.get<CoreEvent>(`${path}/${event.metadata.name}`);
      await this.#client.merge(`${path}/${event.metadata.name}`, { count: count + 1, lastTimestamp });
    }
  }
}
