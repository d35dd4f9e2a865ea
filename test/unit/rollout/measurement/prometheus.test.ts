import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { knownWords } from '../../../../operators/rollout/measurement/known-words.ts';
import { Prometheus } from '../../../../operators/rollout/measurement/prometheus.ts';
import { parseAnswer } from '../../../../operators/rollout/measurement/prometheus-answer.ts';
import { httpServer } from '../../../support/http-server.ts';

let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

function answering(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

describe('a Prometheus query', () => {
  test('is posted as a form, and gives the vector', async () => {
    let asked = '';
    const url = await serve(async (request, response) => {
      asked = `${request.method} ${request.url} ${await text(request)}`;
      const result = [
        { metric: { le: '+Inf' }, value: [1, '5.5'] },
        { metric: {}, value: [1, 'NaN'] },
        { metric: {}, value: [1, '+Inf'] },
      ];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    });
    expect(await new Prometheus().query(url, 'up{a="b"}')).toEqual([
      { labels: { le: '+Inf' }, value: 5.5 },
      { labels: {}, value: Number.NaN },
      { labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
    expect(asked).toBe('POST /api/v1/query query=up%7Ba%3D%22b%22%7D');
  });

  test('that gives a scalar gives one sample', async () => {
    const data = { resultType: 'scalar', result: [1, '2'] };
    const url = await serve(answering(200, { status: 'success', data }));
    expect(await new Prometheus().query(url, '2')).toEqual([{ labels: {}, value: 2 }]);
  });

  test.each([
    [
      'the expression is wrong',
      400,
      { status: 'error', errorType: 'bad_data', error: 'parse error' },
      'refused',
      'Prometheus refused the query, because the query is not valid: parse error',
    ],
    [
      'the query has too many samples',
      422,
      { status: 'error', errorType: 'execution', error: 'too many samples' },
      'refused',
      'the query cannot be evaluated: too many samples',
    ],
    ['the body is HTML', 200, '<html>', 'unreachable', '200 without a query result'],
    ['the body is other JSON', 400, { error: 'no such route' }, 'unreachable', '400 without a query result'],
    ['the status is 401', 401, 'Unauthorized', 'unreachable', '401'],
    [
      'the status is 403',
      403,
      { status: 'error', errorType: 'forbidden', error: 'not yours' },
      'unreachable',
      '403',
    ],
    ['the path does not exist', 404, '404 page not found', 'unreachable', '404'],
    [
      'the status is 429',
      429,
      { status: 'error', errorType: 'too_many_requests', error: 'slow down' },
      'unreachable',
      '429',
    ],
    [
      'the result is a matrix',
      200,
      { status: 'success', data: { resultType: 'matrix', result: [] } },
      'refused',
      'the query gave a matrix',
    ],
    ['the server fails', 503, 'starting', 'unreachable', '503'],
    [
      'the result is a text',
      200,
      { status: 'success', data: { resultType: 'string', result: [1, '0'] } },
      'refused',
      'the query gave a string',
    ],
    [
      'the result has a type that does not exist',
      200,
      { status: 'success', data: { resultType: 'Bearer topsecret', result: [] } },
      'refused',
      'the query gave a result of an unknown type',
    ],
    [
      'the values are histograms',
      200,
      {
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: {}, histogram: [1, { count: '1', sum: '1' }] }] },
      },
      'refused',
      'not numbers',
    ],
    [
      'the vector has no list of series',
      200,
      { status: 'success', data: { resultType: 'vector' } },
      'refused',
      'not numbers',
    ],
    [
      'the error is long and has control characters',
      400,
      { status: 'error', errorType: 'bad_data', error: `parse\u001b error\n${'x'.repeat(500)}` },
      'refused',
      'the query is not valid: parse error …',
    ],
    [
      'the error has a type that Prometheus does not have',
      422,
      { status: 'error', errorType: '422', error: 'denied for Bearer topsecret' },
      'refused',
      'its error has an unknown type',
    ],
  ])('fails with a message if %s', async (_what, status, body, kind, message) => {
    const url = await serve(answering(status, body));
    const error = await new Prometheus().query(url, 'up').catch((error: unknown) => error);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test.each([
    ['up{', 'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces', undefined],
    [
      'rate(http_requests_total)',
      'parse error: expected type range vector in call to function "rate", got instant vector',
      undefined,
    ],
    ['summ(up)', 'parse error: unknown function with name "summ"', undefined],
    ['sum(up) * * 2', '1:11: parse error: unexpected <op:*>', undefined],
    [
      'up{a=~"("}',
      'parse error: error parsing regexp: missing closing ): `^(?s:()$`',
      'parse error: error parsing regexp: missing closing ): …',
    ],
  ])('that is wrong gets the error of Prometheus: %s', async (query, error, shown = error) => {
    const url = await serve(answering(400, { status: 'error', errorType: 'bad_data', error }));
    await expect(new Prometheus().query(url, query)).rejects.toMatchObject({
      message: `Prometheus refused the query, because the query is not valid: ${shown}`,
    });
  });

  test('shows nothing of an answer that repeats its credentials, wherever they stand', () => {
    const query = 'sum(rate(errors_total{version="7"}[5m])) / 100';
    const secret = fc
      .stringMatching(/^[A-Za-z0-9._~+/=-]{8,40}$/)
      .filter((text) => /[A-Za-z0-9]{5}/.test(text) && !/^\W*\d{1,4}(:\d{1,4})?\W*$/.test(text));
    const around = fc.constantFrom(
      '',
      'parse error: ',
      'denied for Bearer ',
      'unexpected "',
      '{authorization: ',
    );
    const type = fc.constantFrom('bad_data', 'execution', 'timeout', 'x', undefined);
    fc.assert(
      fc.property(secret, around, type, (token, before, errorType) => {
        fc.pre(!query.includes(token) && knownWords(token, query) === '…');
        const text = `${before}${token}" for you`;
        const data = { resultType: text, result: [] };
        for (const answer of [
          { status: 'error', errorType, error: text },
          { status: 'error', errorType: text, error: text },
          { status: 'success', data },
          { status: 'success', data: { resultType: 'vector', result: [] }, warnings: [text] },
        ]) {
          expect(JSON.stringify(parseAnswer(JSON.stringify(answer), query))).not.toContain(token);
        }
      }),
    );
  });

  test('is not sent to the server that a redirect names', async () => {
    let followed = false;
    await using other = await httpServer((_request, response) => {
      followed = true;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      await using redirecting = await httpServer((_request, response) => {
        response.writeHead(status, { location: other.url }).end();
      });
      await expect(new Prometheus().query(redirecting.url, 'up')).rejects.toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining(`answered ${status}`),
      });
    }
    expect(followed).toBe(false);
  });

  test('goes through the given sender, and ends with the signal of the caller', async () => {
    const asked: unknown[] = [];
    const send: typeof fetch = async (url, init) => {
      asked.push(url);
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    };
    const caller = new AbortController();
    const query = new Prometheus(10_000, send).query('http://p:9090', 'up', caller.signal);
    caller.abort(new Error('enough'));
    await expect(query).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'Prometheus at http://p:9090 gave no answer: enough',
    });
    expect(asked).toEqual(['http://p:9090/api/v1/query']);
  });

  describe('with a warning', () => {
    const data = { resultType: 'vector', result: [{ metric: { a: 'b' }, value: [1, '5'] }] };

    test('is partial, and has the values that there are', async () => {
      const warnings = ['store 2 of 2 is unreachable', `partial\nresponse ${'x'.repeat(500)}`];
      const url = await serve(answering(200, { status: 'success', data, warnings }));
      await expect(new Prometheus().query(url, 'up')).rejects.toMatchObject({
        kind: 'partial',
        message: expect.stringMatching(
          /^Prometheus answered with warnings \(2\), so series may be missing; run the query in Prometheus/,
        ),
        samples: [{ labels: { a: 'b' }, value: 5 }],
      });
    });

    test('is partial if VictoriaMetrics says so', async () => {
      const url = await serve(answering(200, { status: 'success', isPartial: true, data }));
      await expect(new Prometheus().query(url, 'up')).rejects.toMatchObject({
        kind: 'partial',
        message: 'Prometheus says that the answer is partial',
      });
    });

    test.each([
      ['there are none', []],
      ['there is no list', null],
      ['they only remark on the query', ['PromQL info: metric might not be a counter']],
    ])('is whole if %s', async (_what, warnings) => {
      const url = await serve(answering(200, { status: 'success', data, warnings }));
      expect(await new Prometheus().query(url, 'up')).toHaveLength(1);
    });
  });

  describe('with a huge answer', () => {
    test('is refused before the answer is in memory', async () => {
      let sent = 0;
      const series = `${JSON.stringify({ metric: { pod: 'x'.repeat(1000) }, value: [1, '1'] })},`.repeat(100);
      const url = await serve((_request, response) => {
        response.write('{"status":"success","data":{"resultType":"vector","result":[');
        const more = (): void => {
          while (!response.destroyed && sent < 200_000_000) {
            sent += series.length;
            if (!response.write(series)) {
              response.once('drain', more);
              return;
            }
          }
          response.end();
        };
        more();
      });
      await expect(new Prometheus().query(url, 'up')).rejects.toMatchObject({
        kind: 'refused',
        message: 'the query gave more than 512 KiB; sum its series',
      });
      expect(sent).toBeLessThan(20_000_000);
    });

    test('is refused if it has more than 2,000 series', async () => {
      const result = Array.from({ length: 2_001 }, (_, index) => ({
        metric: { i: String(index) },
        value: [1, '1'],
      }));
      const vector = (count: number) =>
        answering(200, { status: 'success', data: { resultType: 'vector', result: result.slice(0, count) } });
      const many = await serve(vector(2_001));
      await expect(new Prometheus().query(many, 'up')).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('2001 series'),
      });
      server?.close();
      expect(await new Prometheus().query(await serve(vector(2_000)), 'up')).toHaveLength(2_000);
    });
  });

  test('gives up after its time-out, and if nothing listens', async () => {
    const url = await serve(() => {});
    await expect(new Prometheus(50).query(url, 'up')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(new Prometheus().query('http://127.0.0.1:1', 'up')).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });
});
