import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { MlflowHttp } from '../../../../services/shared/mlflow/mlflow-http.ts';
import { RegistryError } from '../../../../services/shared/mlflow/registry-error.ts';
import { httpServer } from '../../../support/http-server.ts';

const TOKEN = 'internal-token-abc123';

async function errorOf(url: string): Promise<RegistryError> {
  const http = new MlflowHttp({ url, timeoutMilliseconds: 5_000, answerLimitBytes: 1_000_000 });
  const answer = http.json(z.object({ known: z.string() }), 'GET', 'registered-models/get', { name: 'm' });
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RegistryError) return error;
  throw new Error(`no RegistryError, but ${error}`);
}

describe('the error of a call to MLflow', () => {
  const bodies: [what: string, body: string][] = [
    ['text', `path was /admin; ${TOKEN}`],
    ['HTML', `<html>${TOKEN}</html>`],
    ['JSON of another API', JSON.stringify({ error: TOKEN })],
    ["MLflow's form", JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message: TOKEN })],
    ["MLflow's form with another code", JSON.stringify({ error_code: TOKEN, message: TOKEN })],
    ['a list', JSON.stringify([TOKEN])],
    ['a JSON text', JSON.stringify(TOKEN)],
  ];

  test.each(
    [200, 302, 400, 401, 403, 404, 429, 500, 503].flatMap((status) =>
      bodies.map(([what, body]) => [status, what, body] as const),
    ),
  )('contains no text of an answer: %i with %s', async (status, _what, body) => {
    await using server = await httpServer((_request, response) => {
      response.writeHead(status, TOKEN, { location: `http://${TOKEN}/`, 'x-token': TOKEN }).end(body);
    });
    const { message } = await errorOf(server.url);
    expect(message).not.toContain(TOKEN);
    expect(message).toContain('registered-models/get');
    if (status !== 200) expect(message).toContain(String(status));
  });

  test("contains MLflow's own error code", async () => {
    const body = { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Registered Model with name=m not found' };
    await using server = await httpServer((_request, response) => {
      response.writeHead(404).end(JSON.stringify(body));
    });
    const error = await errorOf(server.url);
    expect(error.kind).toBe('not_found');
    expect(error.message).toBe('/api/2.0/mlflow/registered-models/get answered 404 RESOURCE_DOES_NOT_EXIST');
  });

  test('contains neither user nor password of the URL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9]{8,20}$/), async (password) => {
        const { message } = await errorOf(`http://${password}:${password}@127.0.0.1:1`);
        expect(message).toContain('http://127.0.0.1:1 is unreachable');
        expect(message).not.toContain(password);
      }),
      { numRuns: 10 },
    );
  });

  test.each(['http://mlflow:50000000', 'http://me:secret@[x', 'mlflow'])(
    'is a refusal if %s is not a URL',
    async (url) => {
      const error = await errorOf(url);
      expect(error.kind).toBe('refused');
      expect(error.message).not.toContain('secret');
    },
  );

  test('is bounded in time and memory, however long the answer is', async () => {
    let sent = 0;
    await using server = await httpServer((_request, response) => {
      const chunk = 'x'.repeat(64 * 1024);
      const write = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    expect(await errorOf(server.url)).toMatchObject({ kind: 'refused', message: /larger than the limit/ });
    expect(sent).toBeLessThan(20_000_000);
  });

  test('no redirect is followed', async () => {
    let asked = 0;
    await using elsewhere = await httpServer((_request, response) => {
      asked++;
      response.end('{"known":"value"}');
    });
    await using server = await httpServer((_request, response) => {
      response.writeHead(307, { location: elsewhere.url }).end();
    });
    await errorOf(server.url);
    expect(asked).toBe(0);
  });
});
