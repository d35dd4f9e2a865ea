import type {
  KubernetesClient,
  ObjectList,
  Query,
} from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject, Lease, WatchEvent } from '../../../services/shared/kubernetes/objects.ts';

/** An API server that keeps Leases in memory. Its database can be restored from a backup. */
export class PlayedLeaseApi {
  #objects = new Map<string, Lease>();
  #version = 100;
  readonly #watches = new Set<Watch>();
  /** Called after a list was read and before its answer arrives. */
  afterList: () => Promise<void> = async () => {};

  get client(): KubernetesClient {
    const client: Partial<Record<keyof KubernetesClient, unknown>> = {
      list: (_: string, query: Query) => this.#list(query),
      get: async (path: string) => this.#find(nameOf(path)),
      create: async (_: string, object: Lease) => this.#create(object),
      replace: async (path: string, object: Lease) => this.#change(nameOf(path), object),
      merge: async (path: string, patch: Lease) =>
        this.#change(nameOf(path), merged(this.#find(nameOf(path)), patch) as Lease),
      delete: async (path: string) => this.delete(nameOf(path)),
      watch: (_: string, query: Query, signal: AbortSignal) => this.#watch(query, signal),
      close: async () => {},
    };
    return client as unknown as KubernetesClient;
  }

  get leases(): readonly Lease[] {
    return [...this.#objects.values()];
  }

  /** Number of watches that are connected. */
  get watches(): number {
    return this.#watches.size;
  }

  lease(name: string): Lease | undefined {
    return this.#objects.get(name);
  }

  /** Writes as a person does with kubectl. */
  put(object: Lease): Lease {
    const stored = withVersion(object, ++this.#version);
    this.#objects.set(object.metadata.name, stored);
    this.#tell('MODIFIED', stored);
    return stored;
  }

  delete(name: string): void {
    const object = this.#find(name);
    this.#objects.delete(name);
    this.#tell('DELETED', withVersion(object, ++this.#version));
  }

  /** The state of the database. Give it to `restore` later. */
  backup(): () => void {
    const objects = new Map(this.#objects);
    const version = this.#version;
    return () => {
      this.#objects = new Map(objects);
      this.#version = version;
      this.endWatches();
    };
  }

  /** Every client then lists again, after its back-off. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  async #list(query: Query): Promise<ObjectList<Lease>> {
    const items = this.leases.filter((object) => isSelected(object, query));
    const list = { metadata: { resourceVersion: String(this.#version) }, items };
    await this.afterList();
    return list as ObjectList<Lease>;
  }

  async *#watch(query: Query, signal: AbortSignal): AsyncGenerator<WatchEvent<KubernetesObject>> {
    const watch = new Watch(query, signal);
    this.#watches.add(watch);
    try {
      for (let event = await watch.next(); event !== undefined; event = await watch.next()) yield event;
    } finally {
      this.#watches.delete(watch);
    }
  }

  #find(name: string): Lease {
    const object = this.#objects.get(name);
    if (object === undefined) throw refusal(404, 'NotFound', name);
    return object;
  }

  #create(object: Lease): Lease {
    if (this.#objects.has(object.metadata.name)) throw refusal(409, 'AlreadyExists', object.metadata.name);
    return this.put(object);
  }

  #change(name: string, object: Lease): Lease {
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== this.#find(name).metadata.resourceVersion)
      throw refusal(409, 'Conflict', name);
    return this.put(object);
  }

  #tell(type: 'MODIFIED' | 'DELETED', object: Lease): void {
    for (const watch of this.#watches) watch.push(type, object);
  }
}

class Watch {
  readonly #query: Query;
  readonly #events: WatchEvent<KubernetesObject>[] = [];
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(query: Query, signal: AbortSignal) {
    this.#query = query;
    signal.addEventListener('abort', () => this.end());
  }

  /** An object that is not selected any more is gone for the watch. */
  push(type: 'MODIFIED' | 'DELETED', object: Lease): void {
    this.#events.push({ type: isSelected(object, this.#query) ? type : 'DELETED', object });
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Undefined at the end of the watch. */
  async next(): Promise<WatchEvent<KubernetesObject> | undefined> {
    while (this.#events.length === 0 && !this.#isEnded)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#events.shift();
  }
}

/** Knows selectors of one label, as in `key=value`. */
function isSelected({ metadata }: Lease, { labelSelector }: Query): boolean {
  const [key = '', value] = String(labelSelector ?? '').split('=');
  return key === '' || metadata.labels?.[key] === value;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function withVersion(object: Lease, version: number): Lease {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function refusal(status: number, reason: string, name: string): KubernetesError {
  return new KubernetesError(`${reason}: ${name}`, { status, reason });
}

function merged(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as object) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
