import type { CredentialsReference } from '../../../services/shared/model-deployment/credentials.ts';
import type { AuthorisedPost } from '../servers/authorised-post.ts';
import type { HostList } from '../servers/host-list.ts';
import { NotAllowedError } from '../servers/not-allowed-error.ts';
import { MetricsError, type MetricsSource, Prometheus, type Sample } from './prometheus.ts';

const TIMEOUT_MILLISECONDS = 10_000;

/** Lets a query pass only to a server that the operator may call, and gives it the credentials that the spec names. */
export class AllowedMetrics implements MetricsSource {
  readonly #hosts: HostList;
  readonly #post: AuthorisedPost;

  constructor(hosts: HostList, post: AuthorisedPost) {
    this.#hosts = hosts;
    this.#post = post;
  }

  async query(
    url: string,
    promql: string,
    signal?: AbortSignal,
    credentials?: CredentialsReference,
  ): Promise<readonly Sample[]> {
    const refusal = this.#hosts.refusal(url);
    if (refusal !== undefined) throw new MetricsError('notAllowed', refusal);
    try {
      const send = await this.#post.of(credentials);
      return await new Prometheus(TIMEOUT_MILLISECONDS, send).query(url, promql, signal);
    } catch (error) {
      throw metricsError(error);
    }
  }
}

/** A signature is made only when the request is sent, so its error may be the cause of another error. */
function metricsError(error: unknown): unknown {
  const cause = error instanceof MetricsError ? error.cause : error;
  if (!(cause instanceof NotAllowedError)) return error;
  return new MetricsError('notAllowed', cause.message, { reason: cause.reason, cause });
}

/** A source whose queries all have these credentials. */
export function withCredentials(
  source: MetricsSource,
  credentials: CredentialsReference | undefined,
): MetricsSource {
  if (credentials === undefined) return source;
  return { query: (url, promql, signal) => source.query(url, promql, signal, credentials) };
}
