import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Answers the gate queries of a version with the numbers of good or bad live traffic. */
export class PrometheusStandIn implements AsyncDisposable {
  /** Versions that flip decisions in shadow. */
  readonly flipping = new Set<string>();
  /** Versions that err on half of their records. */
  readonly erring = new Set<string>();
  down = false;
  /** Time of the last answer with errors, on the clock of `performance`. */
  answeredErrorsAt = Number.NaN;
  #server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer(async (request, response) => {
      const query = new URLSearchParams(await text(request)).get('query') ?? '';
      if (this.down) response.writeHead(503).end();
      else
        response.end(
          JSON.stringify({ status: 'success', data: { resultType: 'vector', result: this.#result(query) } }),
        );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  #result(query: string) {
    const version = /model_version="([^"]+)"/.exec(query)?.[1] ?? '';
    const sample = (value: number, metric = {}) => ({ metric, value: [0, String(value)] });
    if (query.includes('shadow_comparisons')) {
      const flips = this.flipping.has(version) ? 80 : 2;
      return [sample(100 - flips, { agreement: 'agree' }), sample(flips, { agreement: 'flip' })];
    }
    if (query.includes('shadow_errors')) return [];
    if (query.includes('shadow_probability')) {
      return ['stable', 'candidate'].flatMap((scored_by) => [
        sample(40, { scored_by, le: '0.5' }),
        sample(100, { scored_by, le: '+Inf' }),
      ]);
    }
    if (query.includes('shadow_decisions')) {
      return ['stable', 'candidate'].flatMap((scored_by) =>
        ['true', 'false'].map((decision) => sample(50, { scored_by, group: '', value: '', decision })),
      );
    }
    if (query.includes('/')) {
      const errs = this.erring.has(version);
      if (errs) this.answeredErrorsAt = performance.now();
      return [sample(errs ? 0.5 : 0)];
    }
    return query.includes('errors') ? [] : [sample(100)];
  }
}
