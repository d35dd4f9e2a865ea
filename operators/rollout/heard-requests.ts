import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';

type Requests = NonNullable<ModelDeploymentStatus['requests']>;

/**
 * The requests by annotation that this process acted upon. The status tells them to the next leader. But an API server with
 * the CRD of an earlier release stores them not, and a value that nobody remembers would act at each look.
 */
export class HeardRequests {
  readonly #heard = new Map<string, { readonly uid: string | undefined; readonly requests: Requests }>();

  /** Call it once the status is written, whatever the API server stored of it. */
  note({ metadata }: ModelDeployment, { requests }: ModelDeploymentStatus): void {
    const { name, uid } = metadata;
    const before = this.#heard.get(name);
    const known = before?.uid === uid ? before?.requests : {};
    this.#heard.set(name, { uid, requests: { ...known, ...requests } });
  }

  /** The value of the annotation. Undefined if this process acted upon it and the status does not say so. */
  unheard(
    { metadata, status }: ModelDeployment,
    request: keyof Requests,
    value: string | undefined,
  ): string | undefined {
    const { uid, requests } = this.#heard.get(metadata.name) ?? {};
    const isHeard = uid === metadata.uid && requests?.[request] === value;
    return isHeard && status?.requests?.[request] !== value ? undefined : value;
  }

  forget(name: string): void {
    this.#heard.delete(name);
  }
}
