import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INFERENCE_OPERATIONS } from '../../../../services/inference/http/operations/inference-operations.ts';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';

const TARGETS = [
  ...new Set(
    INFERENCE_OPERATIONS.flatMap(({ paths }) => paths).map((path) =>
      path.replace(':model', 'loan-eligibility').replace(':version', '7').replace(':file', 'start.js'),
    ),
  ),
];
const POSTS = /^\/predict|invocations$|\/infer$|\/repository\/(index|.*load)$/;

let app: Awaited<ReturnType<typeof httpApp>>;
beforeAll(async () => {
  app = await httpApp({ stable: new FakeModel() });
});
afterAll(() => app.close());

describe.each(TARGETS)('%s', (path) => {
  const allow = POSTS.test(path) ? 'POST, OPTIONS' : 'GET, HEAD, OPTIONS';

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])(
    'answers %s, or 405 with the methods that it has',
    async (method) => {
      const { status, headers, text } = await app.call(path, { method });
      if (allow.split(', ').includes(method)) {
        expect(status).not.toBe(405);
        return;
      }
      expect(status).toBe(405);
      expect(headers.get('Allow')).toBe(allow);
      expect(headers.get('Content-Type')).toBe('application/json');
      if (method !== 'HEAD') expect(text).toContain(`the method is ${method}`);
    },
  );

  test('answers OPTIONS', async () => {
    const { status, headers, text } = await app.call(path, { method: 'OPTIONS' });
    expect([status, headers.get('Allow'), text]).toEqual([204, allow, '']);
  });

  test('answers HEAD as GET, without the body', async () => {
    if (!allow.startsWith('GET')) return;
    const [get, head] = [await app.call(path), await app.call(path, { method: 'HEAD' })];
    expect(head.status).toBe(get.status);
    expect(head.headers.get('Content-Type')).toBe(get.headers.get('Content-Type'));
    expect(head.text).toBe('');
  });

  test('is the same path in other letters, and with a slash at its end', async () => {
    const [first = '', ...rest] = path.slice(1).split('/');
    const other = `/${[first.toUpperCase(), ...rest].join('/')}/`.replace('//', '/');
    const { status, headers } = await app.call(other, { method: 'PUT' });
    expect([status, headers.get('Allow')]).toEqual([405, allow]);
  });
});

test('a path that nothing has is 404 for every method', async () => {
  for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
    for (const path of ['/nowhere', '/v2/nowhere', '/predict/more', '/v2/models//ready', '//predict']) {
      expect((await app.call(path, { method })).status).toBe(404);
    }
  }
});

test('only the protocol has errors without a code', async () => {
  expect((await app.call('/v2x')).json()).toMatchObject({ error: { code: 'not_found' } });
  expect((await app.call('/v2?a', { method: 'PUT' })).json()).toEqual({ error: expect.any(String) });
});

test('the error of a wrong method has the form of its path', async () => {
  const message = 'the method is GET: this path takes POST, OPTIONS';
  expect((await app.call('/predict')).json()).toEqual({ error: { code: 'method_not_allowed', message } });
  expect((await app.call('/v2/models/loan-eligibility/infer')).json()).toEqual({ error: message });
  expect((await app.call('/2015-03-31/functions/function/invocations')).json()).toEqual({
    errorType: 'method_not_allowed',
    errorMessage: message,
  });
});
