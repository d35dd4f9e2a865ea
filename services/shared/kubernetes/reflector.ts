import { backoffMilliseconds } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logging.ts';
import type { KubernetesClient, ObjectList, Query } from './kubernetes-client.ts';
import { KubernetesError } from './kubernetes-error.ts';
import type { KubernetesObject } from './objects.ts';

/** `applied`: the object is new or changed. `deleted`: the object is gone, and `object` is its last known state. */
export interface Change<T extends KubernetesObject> {
  readonly type: 'applied' | 'deleted';
  readonly object: T;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  readonly client: KubernetesClient;
  /** Path of a collection in one namespace, for example `/apis/coordination.k8s.io/v1/namespaces/default/leases`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called in order, after the cache has the change. Must not block. An error that it throws is logged. */
  readonly onChange: (change: Change<T>) => void;
  /**
   * Called before each list is asked for. Its result is called with the whole list, before `onChange` gets the changes.
   * It serves a user that also knows states from own writes: only the list shows which of them are gone.
   */
  readonly onList?: () => (objects: readonly T[]) => void;
  /** A watch that is silent for longer counts as dead. The server sends a bookmark about each minute. @default 90_000 */
  readonly inactivityMilliseconds?: number;
  /** Maximum age of a watch. After it the collection is listed again. @default 300_000 */
  readonly relistMilliseconds?: number;
  /** @default Math.random */
  readonly random?: () => number;
}

const PAGE_SIZE = 500;
const BACKOFF = { baseMilliseconds: 500, maximumMilliseconds: 15_000 };

/**
 * An informer cache of a collection. It lists the collection, then watches it, and starts again when the watch ends.
 * A watch ends cleanly, by a reset, by silence, by an expired resourceVersion or by its age.
 * One loop under one signal does all this. So there is never a second watch or timer, and no change is reported after
 * `stop`. The next list finds the changes that were missed between two watches.
 */
export class Reflector<T extends KubernetesObject> {
  /** Resolves once the first list is in the cache. Rejects if the reflector is stopped before. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #controller = new AbortController();
  readonly #sync = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #lastContact: number;
  #failures = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#lastContact = options.clock.monotonic();
    this.synced = this.#sync.promise;
    this.synced.catch(() => {});
  }

  /** A second call has no effect. */
  start(): void {
    this.#running ??= this.#run(this.#controller.signal);
  }

  /** Resolves when the loop has ended. A stopped reflector stays stopped. */
  async stop(): Promise<void> {
    this.#controller.abort(new Error('the reflector was stopped'));
    this.#sync.reject(this.#controller.signal.reason);
    await this.#running;
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  /** Time since the server last sent anything. The cache may be stale by this time. */
  get lastEventAgeMilliseconds(): number {
    return this.#options.clock.monotonic() - this.#lastContact;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, logger, path } = this.#options;
    while (!signal.aborted) {
      try {
        const resourceVersion = await this.#relist(signal);
        await this.#watch(resourceVersion, signal);
      } catch (error) {
        if (signal.aborted) return;
        const delayMilliseconds = this.#delay(error);
        logger.warn({ error, path, delayMilliseconds }, 'the watch failed, listing again after a delay');
        await clock.sleep(delayMilliseconds, signal).catch(() => {});
      }
    }
  }

  #delay(error: unknown): number {
    const random = this.#options.random ?? Math.random;
    const backoff = backoffMilliseconds(this.#failures++, { ...BACKOFF, random });
    const asked = error instanceof KubernetesError ? (error.retryAfterMilliseconds ?? 0) : 0;
    return asked + backoff;
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const found = new Map<string, T>();
    const listed = this.#options.onList?.();
    let page: ObjectList<T>;
    let next: string | undefined;
    do {
      page = await this.#options.client.list<T>(
        this.#options.path,
        { ...this.#selectors(), limit: PAGE_SIZE, continue: next },
        signal,
      );
      for (const item of page.items) found.set(item.metadata.name, item);
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
    signal.throwIfAborted();
    this.#lastContact = this.#options.clock.monotonic();
    this.#tell(() => listed?.([...found.values()]), {});
    for (const [name, object] of this.#objects) {
      if (!found.has(name)) this.#change({ type: 'deleted', object }, signal);
    }
    for (const object of found.values()) this.#change({ type: 'applied', object }, signal);
    this.#sync.resolve();
    return page.metadata.resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, path, clock } = this.#options;
    const end = new AbortController();
    const query = { ...this.#selectors(), resourceVersion, allowWatchBookmarks: true };
    const watchdog = this.#endWhenStale(end);
    try {
      for await (const event of client.watch<T>(path, query, AbortSignal.any([signal, end.signal]))) {
        signal.throwIfAborted();
        if (event.type === 'ERROR') {
          throw KubernetesError.ofStatus(`watch of ${path}`, event.object.code ?? 0, event.object);
        }
        this.#lastContact = clock.monotonic();
        this.#failures = 0;
        if (event.type === 'BOOKMARK') continue;
        this.#change(
          { type: event.type === 'DELETED' ? 'deleted' : 'applied', object: event.object },
          signal,
        );
      }
      throw new Error('the server ended the watch');
    } catch (error) {
      if (error !== AGED) throw error;
    } finally {
      end.abort();
      await watchdog;
    }
  }

  /** Aborts `end` with AGED at the maximum age of the watch, or with another error if the watch is silent for too long. */
  async #endWhenStale(end: AbortController): Promise<void> {
    const { clock, inactivityMilliseconds = 90_000, relistMilliseconds = 300_000 } = this.#options;
    const random = this.#options.random ?? Math.random;
    const relistAt = clock.monotonic() + relistMilliseconds * (0.9 + 0.2 * random());
    while (!end.signal.aborted) {
      const now = clock.monotonic();
      const silentAt = this.#lastContact + inactivityMilliseconds;
      if (now >= relistAt) end.abort(AGED);
      else if (now >= silentAt) end.abort(new Error(`the watch was silent for ${inactivityMilliseconds} ms`));
      else await clock.sleep(Math.min(relistAt, silentAt) - now, end.signal).catch(() => {});
    }
  }

  #change(change: Change<T>, signal: AbortSignal): void {
    const { name, resourceVersion } = change.object.metadata;
    if (signal.aborted) return;
    if (change.type === 'deleted') {
      if (!this.#objects.delete(name)) return;
    } else {
      if (this.#objects.get(name)?.metadata.resourceVersion === resourceVersion) return;
      this.#objects.set(name, change.object);
    }
    this.#tell(() => this.#options.onChange(change), { name });
  }

  #tell(handler: () => void, context: { readonly name?: string }): void {
    try {
      handler();
    } catch (error) {
      this.#options.logger.error({ error, ...context }, 'the handler of a change failed');
    }
  }

  #selectors(): Query {
    return { labelSelector: this.#options.labelSelector, fieldSelector: this.#options.fieldSelector };
  }
}

const AGED = new Error('the watch reached its maximum age');
