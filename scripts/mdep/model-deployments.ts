import { setTimeout as sleep } from 'node:timers/promises';
import { SERVING_GROUP } from '../../services/shared/agreements/kubernetes-names.ts';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
  type Request,
} from '../../services/shared/agreements/request-annotations.ts';
import type { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import { hasReason, KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
  PLURAL,
} from '../../services/shared/model-deployment/model-deployment.ts';
import { Refusal } from '../command-line/usage-error.ts';
import { type ApiCall, ApiTrouble } from '../kubernetes/api-trouble.ts';
import type { ChosenContext } from '../kubernetes/chosen-context.ts';
import { printableObject } from './printable-object.ts';

const WATCH_SECONDS = 60;
/** For how long a change is tried again while other clients change the same object. */
const CONTEST_MILLISECONDS = 10_000;
const BETWEEN_ATTEMPTS_MILLISECONDS = 10;

const REVIEWS = 'selfsubjectreviews.authentication.k8s.io';

/** What a person asks of an object. An undefined value removes the annotation. */
export type Requests = Partial<Record<Request, string | undefined>>;

/**
 * The ModelDeployments of one namespace, as a person sees and asks them. A call that fails throws ApiTrouble, which says what
 * to do, or the reason of the signal.
 */
export class ModelDeployments {
  readonly namespace: string;
  readonly #client: KubernetesClient;
  readonly #where: ChosenContext;

  constructor(client: KubernetesClient, where: ChosenContext) {
    this.#client = client;
    this.#where = where;
    this.namespace = where.namespace;
  }

  async list(signal: AbortSignal): Promise<readonly ModelDeployment[]> {
    const answer = await this.#asking('list', undefined, () =>
      this.#client.list<ModelDeployment>(this.#path(), {}, signal),
    );
    if (Array.isArray(answer.items)) return answer.items.map(printableObject);
    throw new Refusal('the server answers without a list, so it is no API server: check --context');
  }

  /** @throws Refusal if there is none */
  async all(signal: AbortSignal): Promise<readonly ModelDeployment[]> {
    const items = await this.list(signal);
    if (items.length > 0) return items;
    throw new Refusal(
      `there is no ModelDeployment in namespace ${this.namespace}; give another one by --namespace, or another cluster by --context`,
    );
  }

  /** The object of that name. Without a name: the only object of the namespace. */
  async one(name: string | undefined, signal: AbortSignal): Promise<ModelDeployment> {
    if (name !== undefined) return this.#named(name, signal);
    const all = await this.all(signal);
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    const names = all.map(({ metadata }) => metadata.name).join(', ');
    throw new Refusal(
      `there are ${all.length} ModelDeployments in namespace ${this.namespace}: name one of ${names}`,
    );
  }

  async #named(name: string, signal: AbortSignal): Promise<ModelDeployment> {
    try {
      const get = () => this.#client.get<ModelDeployment>(this.#path(name), signal);
      return printableObject(await this.#asking('get', name, get, ['NotFound']));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      throw new Refusal(
        `there is no ModelDeployment ${name} in namespace ${this.namespace}; \`kubectl get mdep --all-namespaces\` lists them`,
      );
    }
  }

  /** The changes of one object. The connection ends after a minute, because a connection that is idle may be dead. */
  async *changes(
    { metadata: { name, resourceVersion } }: ModelDeployment,
    signal: AbortSignal,
  ): AsyncGenerator<ModelDeployment | 'deleted'> {
    const query = { fieldSelector: `metadata.name=${name}`, resourceVersion, timeoutSeconds: WATCH_SECONDS };
    const ended = AbortSignal.any([signal, AbortSignal.timeout(2 * WATCH_SECONDS * 1000)]);
    try {
      for await (const event of this.#client.watch<ModelDeployment>(this.#path(), query, ended)) {
        if (event.type === 'ERROR') return;
        if (event.type === 'DELETED') yield 'deleted';
        else if (event.type !== 'BOOKMARK') yield printableObject(event.object);
      }
    } catch (error) {
      throw this.#told(error, this.#callOf('watch', name));
    }
  }

  /** The user name by which the API server knows this person. */
  async whoAmI(signal: AbortSignal): Promise<string> {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } as KubernetesObject;
    let answer: KubernetesObject;
    try {
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      answer = await this.#client.create<KubernetesObject>(path, review, signal);
    } catch (error) {
      throw this.#told(error, { verb: 'create', resource: REVIEWS, object: 'your user name' });
    }
    const { status } = answer as { status?: { userInfo?: { username?: string } } };
    const username = status?.userInfo?.username;
    if (username !== undefined && username !== '') return username;
    throw new Refusal('the API server does not say who you are, and a request needs a name');
  }

  /**
   * Sets annotations in the name of this person. `decide` sees the object that is changed, and not an earlier one: if it
   * changes meanwhile, `decide` is asked again.
   * @throws Refusal of `decide`
   */
  async request(
    name: string | undefined,
    decide: (object: ModelDeployment, by: string) => Requests,
    signal: AbortSignal,
  ): Promise<{ readonly object: ModelDeployment; readonly by: string }> {
    const by = await this.whoAmI(signal);
    const until = performance.now() + CONTEST_MILLISECONDS;
    for (;;) {
      const object = await this.one(name, signal);
      const annotations = annotationsOf(decide(object, by), by);
      const { resourceVersion } = object.metadata;
      try {
        const patch = { metadata: { resourceVersion, annotations } };
        const merge = () => this.#client.merge(this.#path(object.metadata.name), patch, signal);
        const known = performance.now() > until ? [] : ['Conflict'];
        await this.#asking('patch', object.metadata.name, merge, known);
        return { object, by };
      } catch (error) {
        if (!hasReason(error, 'Conflict')) throw error;
        await sleep(BETWEEN_ATTEMPTS_MILLISECONDS, undefined, { signal });
      }
    }
  }

  /** @param reasons errors that the caller handles itself */
  async #asking<T>(
    verb: ApiCall['verb'],
    name: string | undefined,
    ask: () => Promise<T>,
    reasons: readonly string[] = [],
  ): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (reasons.some((reason) => hasReason(error, reason))) throw error;
      throw this.#told(error, this.#callOf(verb, name));
    }
  }

  #callOf(verb: ApiCall['verb'], name: string | undefined): ApiCall {
    const object = name === undefined ? 'ModelDeployments' : `ModelDeployment ${name}`;
    return {
      verb,
      resource: `${PLURAL}.${SERVING_GROUP}`,
      object: `${object} in namespace ${this.namespace}`,
    };
  }

  #told(error: unknown, call: ApiCall): unknown {
    return error instanceof KubernetesError ? new ApiTrouble(error, call, this.#where) : error;
  }

  #path(name?: string): string {
    return modelDeploymentPath(this.namespace, name);
  }
}

function annotationsOf(requests: Requests, by: string): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(requests).flatMap(([name, value]) => {
      const request = name as Request;
      return [
        [REQUEST_ANNOTATIONS[request], value ?? null],
        [REQUESTED_BY[request], by],
      ];
    }),
  );
}
