import type { SlowServers } from '../servers/slow-servers.ts';
import { MetricsError, type MetricsSource, type Sample } from './prometheus.ts';

/** A source that does not let every query wait for a Prometheus that hangs. */
export class PatientMetrics implements MetricsSource {
  readonly #source: MetricsSource;
  readonly #servers: SlowServers;

  constructor(source: MetricsSource, servers: SlowServers) {
    this.#source = source;
    this.#servers = servers;
  }

  async query(
    ...[url, promql, signal, credentials]: Parameters<MetricsSource['query']>
  ): Promise<readonly Sample[]> {
    const answer = await this.#servers.call<readonly Sample[] | MetricsError>({
      server: url,
      caller: promql,
      // The queries of one measurement share a signal. A measurement with one answer would be of no use.
      group: signal,
      run: () => this.#source.query(url, promql, signal, credentials).catch(metricsError),
      failureOf: (failed) =>
        failed instanceof MetricsError && failed.kind === 'unreachable' ? failed.message : undefined,
      withoutCall: (message) => new MetricsError('unreachable', message),
    });
    if (answer instanceof MetricsError) throw answer;
    return answer;
  }
}

function metricsError(error: unknown): MetricsError {
  if (error instanceof MetricsError) return error;
  throw error;
}
