import { z } from 'zod';
import { knownWords } from './known-words.ts';

/** One series of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN. */
  readonly value: number;
}

/** Undefined samples: the query has no numbers, and the message says why. */
export interface PrometheusAnswer {
  readonly samples: readonly Sample[] | undefined;
  readonly message: string;
  /** Why a part of the series may be missing. Undefined if all are there. */
  readonly warning: string | undefined;
}

/** A query for a gate sums its series. So many series show a query without a sum. */
const SERIES_LIMIT = 2_000;
/** A remark on the query, for example that a metric has an unusual name. It says nothing about the values. */
const REMARK = 'PromQL info:';

const value = z.tuple([z.number(), z.string()]).transform(([, text]) => parseValue(text));

const answerSchema = z.union([
  z.object({ status: z.literal('error'), errorType: z.string().nullish(), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.looseObject({ resultType: z.string() }),
    warnings: z.array(z.string()).nullish(),
    /** VictoriaMetrics says so if a storage node does not answer. */
    isPartial: z.boolean().nullish(),
  }),
]);

/** What each `errorType` means. Anything else is a text that the server made up. */
const ERRORS: Readonly<Record<string, string>> = {
  bad_data: 'the query is not valid',
  execution: 'the query cannot be evaluated',
  timeout: 'the query took too long',
  canceled: 'the query was canceled',
  internal: 'Prometheus has an internal error',
  unavailable: 'Prometheus is not ready',
};
/** Errors of these types are about the query, and whoever wrote the query needs their text. */
const ABOUT_THE_QUERY = ['bad_data', 'execution'];
const RESULT_TYPES = ['matrix', 'string', 'vector', 'scalar'];

const vectorSchema = z.array(z.object({ metric: z.record(z.string(), z.string()), value }));

/**
 * Undefined if the response is not from Prometheus. It may be the page of a proxy. No message repeats a text of the server,
 * because messages end in status, Events and logs, and a server may answer with the credentials that it got.
 */
export function parseAnswer(text: string, query: string): PrometheusAnswer | undefined {
  const answer = answerSchema.safeParse(json(text)).data;
  if (answer === undefined) return undefined;
  if (answer.status === 'error') return without(refusalOf(answer, query));
  const count = (answer.warnings ?? []).filter((warning) => !warning.startsWith(REMARK)).length;
  return { ...samplesOf(answer.data), warning: warningOf(count, answer.isPartial ?? false) };
}

function refusalOf(
  { errorType, error }: { readonly errorType?: string | null | undefined; readonly error: string },
  query: string,
): string {
  const meaning = ERRORS[errorType ?? ''] ?? 'its error has an unknown type';
  const words = ABOUT_THE_QUERY.includes(errorType ?? '') ? `: ${knownWords(error, query)}` : '';
  return `Prometheus refused the query, because ${meaning}${words}`;
}

function warningOf(count: number, isPartial: boolean): string | undefined {
  if (count > 0)
    return `Prometheus answered with warnings (${count}), so series may be missing; run the query in Prometheus to read them`;
  return isPartial ? 'Prometheus says that the answer is partial' : undefined;
}

function samplesOf({ resultType, result }: { readonly resultType: string; readonly result?: unknown }) {
  if (resultType === 'scalar') {
    const { data } = value.safeParse(result);
    if (data !== undefined) return { samples: [{ labels: {}, value: data }], message: '' };
  }
  if (resultType !== 'vector')
    return without(
      `the query gave a ${RESULT_TYPES.includes(resultType) ? resultType : 'result of an unknown type'}; it must give a vector or a scalar`,
    );
  if (Array.isArray(result) && result.length > SERIES_LIMIT)
    return without(
      `the query gave ${result.length} series; sum them, because more than ${SERIES_LIMIT} are not read`,
    );
  const { data } = vectorSchema.safeParse(result);
  if (data === undefined)
    return without('the query gave values that are not numbers, for example histograms');
  const samples = data.map(({ metric, value }) => ({ labels: metric, value }));
  return { samples, message: '' };
}

function without(message: string): PrometheusAnswer {
  return { samples: undefined, message, warning: undefined };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
