import { RegistryError } from '../../../services/shared/mlflow/registry-error.ts';
import type { ModelDeployment } from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { versionTags } from '../decision/version-tags.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';
import { WorkQueue, type WorkQueueOptions } from '../work-queue.ts';
import { CALLS_TO_ONE_SERVER, QUEUE_BACKOFF } from './background-calls.ts';
import type { Registry } from './registry.ts';

interface Tag {
  readonly version: string;
  readonly key: string;
  readonly value: string;
}

/** The tags of one ModelDeployment, by `version key`. */
interface Tags {
  object: ModelDeployment;
  /** What MLflow has, as far as this process wrote it. */
  readonly written: Map<string, string>;
  readonly waiting: Map<string, Tag>;
}

export interface VersionTagWriterOptions extends Pick<WorkQueueOptions, 'onHandled' | 'clock' | 'logger'> {
  readonly registry: Pick<Registry, 'setTag'>;
}

/**
 * Writes the tags of a model's versions to MLflow when they change. The writes run in the background, a few for each MLflow
 * server at a time. Only memory holds the written values. So after a restart the tags of the present status are written
 * once more.
 */
export class VersionTagWriter {
  readonly #registry: Pick<Registry, 'setTag'>;
  readonly #tags = new Map<string, Tags>();
  readonly #queue: WorkQueue;
  #stopped = false;

  constructor({ registry, ...options }: VersionTagWriterOptions) {
    this.#registry = registry;
    this.#queue = new WorkQueue({
      handle: (name) => this.#write(name),
      ...options,
      concurrency: CALLS_TO_ONE_SERVER,
      lane: (name) => this.#tags.get(name)?.object.spec.registry.url ?? '',
      backoff: QUEUE_BACKOFF,
    });
  }

  /** Writes the tags that have changed. Tags that MLflow did not take in an outage are tried again. */
  update(object: ModelDeployment, next: ModelDeploymentStatus): void {
    const { metadata, status = {} } = object;
    const { name, namespace = '' } = metadata;
    const tags = this.#tags.get(name) ?? { object, written: new Map(), waiting: new Map() };
    tags.object = object;
    this.#tags.set(name, tags);
    for (const { version, tags: values } of versionTags(namespace, name, status, next)) {
      for (const [key, value] of Object.entries(values)) {
        const id = `${version} ${key}`;
        if (tags.written.get(id) === value) tags.waiting.delete(id);
        else if (tags.waiting.get(id)?.value !== value) tags.waiting.set(id, { version, key, value });
      }
    }
    if (tags.waiting.size > 0) this.#queue.add(name);
  }

  forget(name: string): void {
    this.#tags.delete(name);
  }

  /** Begins no further write. Resolves when the running writes have ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#queue.stop();
  }

  /** During an outage of MLflow the remaining tags wait for the next update. So they do if no call is allowed. */
  async #write(name: string): Promise<undefined> {
    const tags = this.#tags.get(name);
    for (const [id, tag] of tags?.waiting ?? []) {
      if (tags === undefined || this.#tags.get(name) !== tags || this.#stopped) return;
      if (!(await this.#set(tags.object, tag))) return;
      tags.written.set(id, tag.value);
      if (tags.waiting.get(id) === tag) tags.waiting.delete(id);
    }
  }

  /** Resolves to false if MLflow did not get the tag. */
  async #set({ spec }: ModelDeployment, { version, key, value }: Tag): Promise<boolean> {
    try {
      await this.#registry.setTag(spec.registry, spec.model, version, key, value);
    } catch (error) {
      if (error instanceof NotAllowedError) return false;
      if (!(error instanceof RegistryError)) throw error;
      // MLflow refuses a tag for good, for example if the version was deleted.
      return error.kind !== 'unreachable';
    }
    return true;
  }
}
