import { z } from 'zod';

/** One series of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN. */
  readonly value: number;
}

/** Where measurements come from. */
export interface MetricsSource {
  /**
   * The instant vector of a PromQL expression; a scalar is one sample without labels.
   * @throws MetricsError
   */
  query(url: string, promql: string): Promise<readonly Sample[]>;
}

/**
 * - `unreachable`: no answer, a time-out, a 5xx; says nothing of the candidate
 * - `refused`: the expression is wrong or too expensive; no value
 */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
  readonly kind: 'unreachable' | 'refused';

  constructor(kind: 'unreachable' | 'refused', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const value = z.tuple([z.number(), z.string()]).transform(([, text]) => parseValue(text));

const answerSchema = z.union([
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value })),
      }),
      z.object({ resultType: z.literal('scalar'), result: value }),
    ]),
  }),
]);

/** Prometheus' HTTP API. */
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
        signal: AbortSignal.timeout(this.#timeoutMilliseconds),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new MetricsError('unreachable', `Prometheus at ${url} gave no answer: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    if (status >= 500) throw new MetricsError('unreachable', `Prometheus at ${url} answered ${status}`);
    return parseAnswer(status, text);
  }
}

function parseAnswer(status: number, text: string): readonly Sample[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new MetricsError('refused', `the answer (${status}) is not Prometheus'`);
  }
  const answer = answerSchema.safeParse(json);
  if (!answer.success)
    throw new MetricsError('refused', `the answer (${status}) is neither a vector nor a scalar`);
  if (answer.data.status === 'error') throw new MetricsError('refused', answer.data.error);
  const { data } = answer.data;
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
