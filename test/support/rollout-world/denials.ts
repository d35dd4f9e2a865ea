import { KubernetesError } from '../../../services/shared/kubernetes/kubernetes-error.ts';

/** The calls that an admission policy, a quota or a lost permission can refuse. */
export type DeniableCall = 'pin' | 'create job' | 'delete job' | 'status' | 'pods';

const REASONS = { 403: 'Forbidden', 422: 'Invalid' } as const;

/** The calls that the API server refuses, and the last of them. */
export class Denials {
  readonly #denied = new Map<DeniableCall, 403 | 422>();
  /** The call that was refused last, while it is still refused. */
  lately: DeniableCall | undefined;

  get calls(): ReadonlySet<DeniableCall> {
    return new Set(this.#denied.keys());
  }

  deny(call: DeniableCall, status: 403 | 422): void {
    this.#denied.set(call, status);
  }

  allow(call: DeniableCall): void {
    this.#denied.delete(call);
    if (this.lately === call) this.lately = undefined;
  }

  allowAll(): void {
    this.#denied.clear();
    this.lately = undefined;
  }

  /** @throws KubernetesError if the call is denied */
  check(call: DeniableCall): void {
    const status = this.#denied.get(call);
    if (status !== undefined) this.refuse(call, status);
  }

  /** @throws KubernetesError */
  refuse(call: DeniableCall, status: 403 | 422): never {
    this.lately = call;
    throw new KubernetesError(`${call} answered ${status}: the policy "freeze" denied the request`, {
      status,
      reason: REASONS[status],
    });
  }
}
