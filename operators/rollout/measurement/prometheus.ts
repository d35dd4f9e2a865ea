import { z } from 'zod';

/** One series of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN. */
  readonly value: number;
}

/** A source of measurements. */
export interface MetricsSource {
  /**
   * The instant vector of a PromQL expression. A scalar becomes one sample without labels.
   * @throws MetricsError
   */
  query(url: string, promql: string): Promise<readonly Sample[]>;
}

/**
 * - `unreachable`: no answer in time, or an answer from a proxy. The answer says nothing about the candidate.
 * - `refused`: the expression is wrong, too expensive, or of a type that is not supported. The query has no value.
 * - `notAllowed`: the operator may not call this server, and sent nothing
 */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
  readonly kind: 'unreachable' | 'refused' | 'notAllowed';

  constructor(kind: MetricsError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const value = z.tuple([z.number(), z.string()]).transform(([, text]) => parseValue(text));

const answerSchema = z.union([
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({ status: z.literal('success'), data: z.looseObject({ resultType: z.string() }) }),
]);

const dataSchema = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value })),
  }),
  z.object({ resultType: z.literal('scalar'), result: value }),
]);

/** HTTP statuses with which Prometheus answers a query. Any other status comes from a proxy or another cause. */
const ANSWERS: readonly number[] = [200, 400, 422];

/** The HTTP API of Prometheus. */
export class Prometheus implements MetricsSource {
  readonly #timeoutMilliseconds: number;

  constructor(timeoutMilliseconds = 10_000) {
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  async query(url: string, promql: string): Promise<readonly Sample[]> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: promql }),
        // A redirect could lead to a server that the operator may not call.
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#timeoutMilliseconds),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new MetricsError('unreachable', `Prometheus at ${url} gave no answer: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    const answer = ANSWERS.includes(status) ? parseAnswer(text) : undefined;
    if (answer === undefined) {
      const message = `${url} answered ${status} without a query result; does analysis.prometheus name Prometheus?`;
      throw new MetricsError('unreachable', message);
    }
    if (answer.status === 'error')
      throw new MetricsError('refused', `Prometheus refused the query: ${answer.error}`);
    return samplesOf(answer.data);
  }
}

/** Undefined if the response is not from Prometheus. It may be the page of a proxy. */
function parseAnswer(text: string) {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function samplesOf(answer: { readonly resultType: string }): readonly Sample[] {
  const { data } = dataSchema.safeParse(answer);
  if (data === undefined) {
    const message = `the query gave a ${answer.resultType}; it must give a vector or a scalar`;
    throw new MetricsError('refused', message);
  }
  if (data.resultType === 'scalar') return [{ labels: {}, value: data.result }];
  return data.result.map(({ metric, value }) => ({ labels: metric, value }));
}

function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
