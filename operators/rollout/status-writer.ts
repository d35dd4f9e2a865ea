import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../services/shared/clock.ts';
import { hasReason, type KubernetesError } from '../../services/shared/kubernetes/kubernetes-error.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../services/shared/model-deployment/status.ts';
import type { Cluster } from './cluster/cluster.ts';
import { type Misfit, plain, type Storable, storable, without } from './cluster/storable-status.ts';
import type { Denial } from './decision/rollout.ts';

/** Writes of one status, each without the parts that the API server refused in the write before. */
const TRIES = 5;
/** A part that was left out is told for this time, because the next decision may not have the part. */
const TOLD_MILLISECONDS = 60_000;
const TOLD_PARTS = 3;

interface LeftOut {
  readonly message: string;
  readonly at: number;
}

/**
 * Writes statuses. The API server refuses a status as a whole for one wrong part, and then no pod would learn of a refusal.
 * So a wrong part is left out and told, and the rest is stored.
 */
export class StatusWriter {
  readonly #cluster: Pick<Cluster, 'updateStatus'>;
  readonly #clock: Clock;
  readonly #leftOut = new Map<string, LeftOut>();

  constructor(cluster: Pick<Cluster, 'updateStatus'>, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /**
   * The status as it was stored. Undefined if nothing has changed.
   * @throws KubernetesError if the API server refuses the status, and not for a part that can be left out
   */
  async write(
    object: ModelDeployment,
    next: ModelDeploymentStatus,
  ): Promise<ModelDeploymentStatus | undefined> {
    // The stored status keeps the schema, and most looks change nothing.
    if (isDeepStrictEqual(object.status ?? {}, plain(next))) return undefined;
    let wanted = storable(next);
    for (let tries = 1; ; tries++) {
      this.#note(object.metadata.name, wanted.misfits);
      if (isDeepStrictEqual(object.status ?? {}, wanted.status)) return undefined;
      try {
        await this.#cluster.updateStatus(object, wanted.status);
        return wanted.status;
      } catch (error) {
        const accepted = hasReason(error, 'Invalid') ? withoutRefused(wanted, error) : undefined;
        if (accepted === undefined || tries === TRIES) throw error;
        wanted = accepted;
      }
    }
  }

  /** The parts that were left out lately. */
  denials(name: string): readonly Denial[] {
    const { message, at } = this.#leftOut.get(name) ?? {};
    const told = at !== undefined && this.#clock.monotonic() - at < TOLD_MILLISECONDS;
    return told ? [{ kind: 'write', message: `writing the status: left out ${message}` }] : [];
  }

  forget(name: string): void {
    this.#leftOut.delete(name);
  }

  #note(name: string, misfits: readonly Misfit[]): void {
    if (misfits.length === 0) return;
    const parts = misfits.slice(0, TOLD_PARTS).map(({ path, message }) => `${path.join('.')}: ${message}`);
    this.#leftOut.set(name, { message: parts.join('; '), at: this.#clock.monotonic() });
  }
}

/** Undefined if the API server named no part that can be left out. */
function withoutRefused({ status, misfits }: Storable, { causes }: KubernetesError): Storable | undefined {
  const refused = causes.flatMap(({ field = '', message = 'refused' }) => {
    const [root, ...path] = field.replaceAll(/\[(\d+)\]/g, '.$1').split('.');
    return root === 'status' && path.length > 0 ? [{ path, message }] : [];
  });
  // The entries of an array move if an earlier entry goes.
  const lastFirst = refused.toSorted((a, b) =>
    b.path.join('.').localeCompare(a.path.join('.'), 'en', { numeric: true }),
  );
  const rest = lastFirst.reduce((present, { path }) => without(present, path) ?? present, status);
  return isDeepStrictEqual(rest, status) ? undefined : { status: rest, misfits: [...misfits, ...refused] };
}
