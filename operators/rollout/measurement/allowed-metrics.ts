import type { HostList } from '../servers/host-list.ts';
import { MetricsError, type MetricsSource, type Sample } from './prometheus.ts';

/** Lets a query pass only to a server that the operator may call. */
export class AllowedMetrics implements MetricsSource {
  readonly #hosts: HostList;
  readonly #source: MetricsSource;

  constructor(hosts: HostList, source: MetricsSource) {
    this.#hosts = hosts;
    this.#source = source;
  }

  async query(url: string, promql: string, signal?: AbortSignal): Promise<readonly Sample[]> {
    const refusal = this.#hosts.refusal(url);
    if (refusal !== undefined) throw new MetricsError('notAllowed', refusal);
    return this.#source.query(url, promql, signal);
  }
}
