import { type Expression, QueryError } from './expression.ts';
import { type Labels, labelsKey, type Series, type SeriesStore } from './series-store.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** An instant vector, or a scalar. */
export type Result = readonly Sample[] | number;

/** For how long the last value of a series counts. */
const LOOKBACK_SECONDS = 300;

/** Evaluates the query as Prometheus does. @throws QueryError */
export function evaluate(store: SeriesStore, expression: Expression, now: number): Result {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'selector':
      if (expression.rangeSeconds !== undefined)
        throw new QueryError('a range of values needs a function such as last_over_time');
      return windows(store, { ...expression, rangeSeconds: LOOKBACK_SECONDS }, now).flatMap(last);
    case 'call':
      return call(store, expression, now);
    case 'aggregation':
      return aggregate(expression.name, expression.by, vector(evaluate(store, expression.argument, now)));
    case 'binary': {
      const { operator, left, right } = expression;
      return combine(operator, evaluate(store, left, now), evaluate(store, right, now));
    }
  }
}

type Selector = Extract<Expression, { kind: 'selector' }>;

/** The points of each series that are later than the begin of the range. */
function windows(
  store: SeriesStore,
  { name, matchers, rangeSeconds = 0, offsetSeconds }: Selector,
  now: number,
) {
  const until = now - offsetSeconds * 1000;
  const after = until - rangeSeconds * 1000;
  return store.find(name, matchers).map(({ labels, points }) => ({
    labels,
    points: points.filter(({ at }) => at > after && at <= until),
  }));
}

function last({ labels, points }: Series): Sample[] {
  const value = points.at(-1)?.value;
  return value === undefined ? [] : [{ labels, value }];
}

const OVER_TIME: Readonly<Record<string, (values: readonly number[]) => number>> = {
  last_over_time: (values) => values.at(-1) ?? Number.NaN,
  max_over_time: (values) => Math.max(...values),
  min_over_time: (values) => Math.min(...values),
  sum_over_time: sum,
  avg_over_time: (values) => sum(values) / values.length,
  count_over_time: (values) => values.length,
  resets: (values) => values.filter((value, index) => value < (values[index - 1] ?? value)).length,
};

const BY_VALUE: Readonly<Record<string, (value: number, limit: number) => number>> = {
  abs: Math.abs,
  clamp_min: Math.max,
  clamp_max: Math.min,
};

function call(
  store: SeriesStore,
  { name, argument, limit = Number.NaN }: Extract<Expression, { kind: 'call' }>,
  now: number,
): Result {
  const overTime = OVER_TIME[name];
  if (overTime !== undefined) {
    if (argument.kind !== 'selector' || argument.rangeSeconds === undefined)
      throw new QueryError(`${name} needs a range of values, for example metric[1m]`);
    return windows(store, argument, now).flatMap(({ labels, points }) => {
      const values = points.flatMap(({ value }) => value ?? []);
      return values.length === 0 ? [] : [{ labels, value: overTime(values) }];
    });
  }
  const byValue = BY_VALUE[name];
  if (byValue === undefined && name !== 'vector')
    throw new QueryError(`the function ${name} is not known here`);
  const value = evaluate(store, argument, now);
  if (byValue === undefined) return [{ labels: {}, value: scalar(value) }];
  return vector(value).map((sample) => ({ ...sample, value: byValue(sample.value, limit) }));
}

const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  avg: (values) => sum(values) / values.length,
  count: (values) => values.length,
};

function aggregate(name: string, by: readonly string[], samples: readonly Sample[]): Sample[] {
  const groups = Map.groupBy(samples, ({ labels }) => labelsKey(only(labels, by)));
  return [...groups.values()].map((members) => ({
    labels: only(members[0]?.labels ?? {}, by),
    value: AGGREGATES[name]?.(members.map(({ value }) => value)) ?? Number.NaN,
  }));
}

function only(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(names.flatMap((name) => (labels[name] ? [[name, labels[name]]] : [])));
}

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

function combine(operator: string, left: Result, right: Result): Result {
  if (operator === 'or' || operator === 'and' || operator === 'unless')
    return combineSets(operator, vector(left), vector(right));
  const compute = operation(operator);
  if (typeof left === 'number' && typeof right === 'number') {
    if (operator in COMPARISONS) throw new QueryError('two numbers cannot be compared here');
    return compute(left, right) ?? Number.NaN;
  }
  if (typeof right === 'number') return applied(vector(left), (value) => compute(value, right));
  // A comparison keeps the value of the vector, on whichever side the vector is.
  if (typeof left === 'number')
    return applied(right, (value) =>
      compute(left, value) === undefined ? undefined : operator in COMPARISONS ? value : compute(left, value),
    );
  const others = unique(right);
  return [...unique(left).values()].flatMap(({ labels, value }) => {
    const other = others.get(labelsKey(labels));
    const result = other && compute(value, other.value);
    return result === undefined ? [] : [{ labels, value: result }];
  });
}

/** Undefined: the comparison does not hold, so that the sample is left out. */
function operation(operator: string): (left: number, right: number) => number | undefined {
  const compares = COMPARISONS[operator];
  if (compares !== undefined) return (left, right) => (compares(left, right) ? left : undefined);
  const computes = ARITHMETIC[operator];
  if (computes === undefined) throw new QueryError(`the operator ${operator} is not known here`);
  return computes;
}

function applied(samples: readonly Sample[], compute: (value: number) => number | undefined): Sample[] {
  return samples.flatMap(({ labels, value }) => {
    const result = compute(value);
    return result === undefined ? [] : [{ labels, value: result }];
  });
}

function combineSets(operator: 'or' | 'and' | 'unless', left: readonly Sample[], right: readonly Sample[]) {
  const keys = (samples: readonly Sample[]) => new Set(samples.map(({ labels }) => labelsKey(labels)));
  if (operator === 'or') {
    const known = keys(left);
    return [...left, ...right.filter(({ labels }) => !known.has(labelsKey(labels)))];
  }
  const others = keys(right);
  return left.filter(({ labels }) => others.has(labelsKey(labels)) === (operator === 'and'));
}

function unique(samples: readonly Sample[]): ReadonlyMap<string, Sample> {
  const byLabels = new Map(samples.map((sample) => [labelsKey(sample.labels), sample]));
  if (byLabels.size < samples.length) throw new QueryError('several series have the same labels');
  return byLabels;
}

function vector(result: Result): readonly Sample[] {
  if (typeof result === 'number') throw new QueryError('a series is needed in place of a number');
  return result;
}

function scalar(result: Result): number {
  if (typeof result !== 'number') throw new QueryError('a number is needed in place of series');
  return result;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
