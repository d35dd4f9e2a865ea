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
 * - `unreachable`: no answer, a time-out, or one that is not of Prometheus' query, as from a proxy; says nothing of the
 *   candidate
 * - `refused`: Prometheus says that the expression is wrong or too expensive, or it gives another type; no value
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
  z.object({ status: z.literal('success'), data: z.looseObject({ resultType: z.string() }) }),
]);

const dataSchema = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value })),
  }),
  z.object({ resultType: z.literal('scalar'), result: value }),
]);

/** With which Prometheus answers for the expression itself; any other tells of something else. */
const ANSWERS: readonly number[] = [200, 400, 422];

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
    const answer = ANSWERS.includes(status) ? parseAnswer(text) : undefined;
    if (answer === undefined) {
      const message = `Prometheus at ${url} answered ${status} without a result`;
      throw new MetricsError('unreachable', message);
    }
    if (answer.status === 'error') throw new MetricsError('refused', answer.error);
    return samplesOf(answer.data);
  }
}

/** Undefined where somebody else answers, as a proxy with a page of its own. */
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
    throw new MetricsError('refused', `the answer is a ${answer.resultType}, neither a vector nor a scalar`);
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
