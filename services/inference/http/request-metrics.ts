import type { RequestHandler } from 'express';
import type { CounterSeries } from '../../shared/tallied-counter.ts';
import type { InferenceMetrics } from '../metrics.ts';

/** Counts and times the requests of a route. The label is the pattern of the route, which has few values. */
export function measured(metrics: InferenceMetrics, route: string): RequestHandler {
  const answers = new AnswerSeries(metrics, route);
  const seconds = metrics.httpRequestSeconds.series({ route });
  return (request, response, next) => {
    const started = performance.now();
    response.on('finish', () => {
      answers.of(request.method, response.statusCode).inc(1);
      seconds.observe((performance.now() - started) / 1000);
    });
    next();
  };
}

/** The series of a route's answers. A route has one method, or GET with HEAD, and few statuses. */
class AnswerSeries {
  readonly #metrics: InferenceMetrics;
  readonly #route: string;
  readonly #byMethod = new Map<string, Map<number, CounterSeries>>();

  constructor(metrics: InferenceMetrics, route: string) {
    this.#metrics = metrics;
    this.#route = route;
  }

  of(method: string, status: number): CounterSeries {
    return this.#byMethod.get(method)?.get(status) ?? this.#add(method, status);
  }

  #add(method: string, status: number): CounterSeries {
    const labels = { route: this.#route, method, status: String(status) };
    const series = this.#metrics.httpRequests.series(labels);
    const byStatus = this.#byMethod.get(method) ?? new Map<number, CounterSeries>();
    this.#byMethod.set(method, byStatus.set(status, series));
    return series;
  }
}
