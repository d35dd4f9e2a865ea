import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Prometheus } from '../../../../operators/rollout/measurement/prometheus.ts';

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
  test('is posted as a form and gives the vector', async () => {
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

  test('of a scalar gives one sample', async () => {
    const data = { resultType: 'scalar', result: [1, '2'] };
    const url = await serve(answering(200, { status: 'success', data }));
    expect(await new Prometheus().query(url, '2')).toEqual([{ labels: {}, value: 2 }]);
  });

  test.each([
    [
      'a bad expression',
      400,
      { status: 'error', errorType: 'bad_data', error: 'parse error' },
      'refused',
      'parse error',
    ],
    [
      'too much at once',
      422,
      { status: 'error', errorType: 'execution', error: 'too many samples' },
      'refused',
      'too many samples',
    ],
    ['an answer of something else', 200, '<html>', 'unreachable', '200 without a query result'],
    ['other JSON', 400, { error: 'no such route' }, 'unreachable', '400 without a query result'],
    ['nobody who is known', 401, 'Unauthorized', 'unreachable', '401'],
    [
      'nobody who may',
      403,
      { status: 'error', errorType: 'forbidden', error: 'not yours' },
      'unreachable',
      '403',
    ],
    ['a path that is not there', 404, '404 page not found', 'unreachable', '404'],
    [
      'one too many',
      429,
      { status: 'error', errorType: 'too_many_requests', error: 'slow down' },
      'unreachable',
      '429',
    ],
    [
      'a matrix',
      200,
      { status: 'success', data: { resultType: 'matrix', result: [] } },
      'refused',
      'the query gave a matrix',
    ],
    ['a failing server', 503, 'starting', 'unreachable', '503'],
  ])('of %s is an error that says so', async (_what, status, body, kind, message) => {
    const url = await serve(answering(status, body));
    const error = await new Prometheus().query(url, 'up').catch((error: unknown) => error);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test('gives up after its time-out, and on nobody', async () => {
    const url = await serve(() => {});
    await expect(new Prometheus(50).query(url, 'up')).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(new Prometheus().query('http://127.0.0.1:1', 'up')).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });
});
