import type { ConditionReason } from '../../../services/shared/agreements/condition-reasons.ts';
import type { CredentialsReference } from '../../../services/shared/model-deployment/credentials.ts';
import { parseAnswer, type Sample } from './prometheus-answer.ts';

export type { Sample } from './prometheus-answer.ts';

/** A source of measurements. */
export interface MetricsSource {
  /**
   * The instant vector of a PromQL expression. A scalar becomes one sample without labels.
   * @throws MetricsError
   */
  query(
    url: string,
    promql: string,
    signal?: AbortSignal,
    credentials?: CredentialsReference,
  ): Promise<readonly Sample[]>;
}

interface MetricsErrorOptions extends ErrorOptions {
  readonly samples?: readonly Sample[];
  readonly reason?: Extract<ConditionReason, 'CredentialsMissing'> | undefined;
}

/**
 * - `unreachable`: no answer in time, or an answer from a proxy. The answer says nothing about the candidate.
 * - `refused`: the expression is wrong, too expensive, or of a type that is not supported. The query has no value.
 * - `notAllowed`: the operator may not call this server, and sent nothing
 * - `partial`: a part of the series may be missing from `samples`
 */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
  readonly kind: 'unreachable' | 'refused' | 'notAllowed' | 'partial';
  readonly samples: readonly Sample[];
  /** Why it is not allowed, if the reason is not the list of hosts. */
  readonly reason: MetricsErrorOptions['reason'];

  constructor(
    kind: MetricsError['kind'],
    message: string,
    { samples = [], reason, ...options }: MetricsErrorOptions = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.samples = samples;
    this.reason = reason;
  }
}

/** HTTP statuses with which Prometheus answers a query. Any other status comes from a proxy or another cause. */
const ANSWERS: readonly number[] = [200, 400, 422];
/** Room for more than 2,000 series. A gate needs fewer than a hundred. */
const ANSWER_LIMIT_BYTES = 512 * 1024;

/** The HTTP API of Prometheus. */
export class Prometheus implements MetricsSource {
  readonly #timeoutMilliseconds: number;
  readonly #send: typeof fetch;

  constructor(timeoutMilliseconds = 10_000, send: typeof fetch = fetch) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
    this.#send = send;
  }

  async query(url: string, promql: string, signal?: AbortSignal): Promise<readonly Sample[]> {
    const { status, text } = await this.#post(url, promql, signal);
    const answer = text === undefined ? undefined : parseAnswer(text, promql);
    if (answer === undefined) {
      const message = `${url} answered ${status} without a query result; does analysis.prometheus name Prometheus?`;
      throw new MetricsError('unreachable', message);
    }
    const { samples, message, warning } = answer;
    if (samples === undefined) throw new MetricsError('refused', message);
    if (warning !== undefined) throw new MetricsError('partial', warning, { samples });
    return samples;
  }

  /** Undefined text: the status says that the body is not a query result. */
  async #post(url: string, promql: string, signal: AbortSignal | undefined) {
    const timeout = AbortSignal.timeout(this.#timeoutMilliseconds);
    try {
      const response = await this.#send(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: promql }),
        // A redirect could lead to a server that the operator may not call.
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const { status } = response;
      if (ANSWERS.includes(status)) return { status, text: await readText(response) };
      await response.body?.cancel();
      return { status, text: undefined };
    } catch (error) {
      if (error instanceof MetricsError) throw error;
      const message = `Prometheus at ${url} gave no answer: ${reasonOf(error)}`;
      throw new MetricsError('unreachable', message, { cause: error });
    }
  }
}

/** Reads no more than the limit, because the answer to a query without a sum may be larger than the memory. */
async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_LIMIT_BYTES)
      throw new MetricsError('refused', 'the query gave more than 512 KiB; sum its series');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
