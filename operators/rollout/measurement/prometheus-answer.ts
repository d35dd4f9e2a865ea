import { z } from 'zod';
import { printable } from '../../../services/shared/printable.ts';

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
  /** Why a part of the series may be missing. */
  readonly warnings: readonly string[];
}

/** A query for a gate sums its series. So many series show a query without a sum. */
const SERIES_LIMIT = 2_000;
/** A remark on the query, for example that a metric has an unusual name. It says nothing about the values. */
const REMARK = 'PromQL info:';

const value = z.tuple([z.number(), z.string()]).transform(([, text]) => parseValue(text));

const answerSchema = z.union([
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.looseObject({ resultType: z.string() }),
    warnings: z.array(z.string()).nullish(),
    /** VictoriaMetrics says so if a storage node does not answer. */
    isPartial: z.boolean().nullish(),
  }),
]);

const vectorSchema = z.array(z.object({ metric: z.record(z.string(), z.string()), value }));

/** Undefined if the response is not from Prometheus. It may be the page of a proxy. */
export function parseAnswer(text: string): PrometheusAnswer | undefined {
  const answer = answerSchema.safeParse(json(text)).data;
  if (answer === undefined) return undefined;
  if (answer.status === 'error') return without(`Prometheus refused the query: ${printable(answer.error)}`);
  const named = (answer.warnings ?? []).filter((warning) => !warning.startsWith(REMARK));
  const warnings = answer.isPartial ? [...named, 'the answer is partial'] : named;
  return { ...samplesOf(answer.data), warnings: warnings.map((warning) => printable(warning)) };
}

function samplesOf({ resultType, result }: { readonly resultType: string; readonly result?: unknown }) {
  if (resultType === 'scalar') {
    const { data } = value.safeParse(result);
    if (data !== undefined) return { samples: [{ labels: {}, value: data }], message: '' };
  }
  if (resultType !== 'vector')
    return without(`the query gave a ${printable(resultType)}; it must give a vector or a scalar`);
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
  return { samples: undefined, message, warnings: [] };
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
