import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { evaluate } from './promql/evaluate.ts';
import { parseExposition } from './promql/exposition.ts';
import { QueryError } from './promql/expression.ts';
import { parseQuery } from './promql/parse.ts';
import { type Labels, SeriesStore } from './promql/series-store.ts';

const SCRAPE_MILLISECONDS = 1_000;
/** The metrics that gates and their queries read. */
const PREFIXES = ['inference_', 'stream_'];

/** A pod whose metrics are read. */
export interface ScrapeTarget {
  readonly url: string;
  readonly labels: Labels;
}

/** Stands in for Prometheus: reads the pods' `/metrics` each second, and answers instant queries over HTTP. */
export interface MetricsSource extends AsyncDisposable {
  /** For `spec.analysis.prometheus`. */
  readonly url: string;
}

export async function startMetricsSource(targets: () => readonly ScrapeTarget[]): Promise<MetricsSource> {
  const store = new SeriesStore();
  const known = new Map<string, Labels>();
  const scrape = async (): Promise<void> => {
    const present = targets();
    for (const { url, labels } of present) known.set(url, labels);
    await Promise.all(
      [...known].map(async ([url, labels]) => {
        const page = present.some((target) => target.url === url) ? await read(url) : undefined;
        if (page === undefined) known.delete(url);
        store.add(labels, page === undefined ? [] : parseExposition(page, PREFIXES), Date.now());
      }),
    );
  };
  let scraping: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    scraping = scraping.then(scrape);
  }, SCRAPE_MILLISECONDS);
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = request.method === 'POST' ? new URLSearchParams(await text(request)) : searchParams;
    const { status, answer } = answerTo(store, body.get('query') ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    clearInterval(timer);
    await scraping;
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
}

async function read(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_MILLISECONDS) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/** The answer in the form of Prometheus. */
export function answerTo(store: SeriesStore, query: string, now = Date.now()) {
  try {
    const result = evaluate(store, parseQuery(query), now);
    const value = (number: number) => [now / 1000, written(number)] as const;
    const data =
      typeof result === 'number'
        ? { resultType: 'scalar', result: value(result) }
        : {
            resultType: 'vector',
            result: result.map((sample) => ({ metric: sample.labels, value: value(sample.value) })),
          };
    return { status: 200, answer: { status: 'success', data } };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { status: 400, answer: { status: 'error', errorType: 'bad_data', error: error.message } };
  }
}

function written(value: number): string {
  return String(value).replace('Infinity', 'Inf');
}
