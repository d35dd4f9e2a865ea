import { describe, expect, test } from '@jest/globals';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT } from '../../../support/model/loan-model.ts';

const ORIGIN = 'https://desk.example.org';
const API = [
  '/predict',
  '/2015-03-31/functions/function/invocations',
  '/v2',
  '/v2/models/loan-eligibility',
  '/v2/models/loan-eligibility/versions/7/infer',
];
const OTHERS = ['/', '/docs', '/openapi.json', '/livez', '/readyz', '/metrics', '/nowhere'];

function preflight(origin: string, method = 'POST'): RequestInit {
  const headers = {
    Origin: origin,
    'Access-Control-Request-Method': method,
    'Access-Control-Request-Headers': 'content-type',
  };
  return { method: 'OPTIONS', headers };
}

function corsHeaders(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'));
}

describe('pages of other origins', () => {
  test('may call nothing unless an origin is set', async () => {
    await using app = await httpApp({ stable: new FakeModel() });
    for (const path of [...API, ...OTHERS]) {
      const answers = [
        await app.call(path, preflight(ORIGIN)),
        await app.call(path, { headers: { Origin: ORIGIN } }),
      ];
      expect(answers.flatMap(({ headers }) => corsHeaders(headers))).toEqual([]);
    }
  });

  test.each(API)('of an allowed origin may call %s', async (path) => {
    await using app = await httpApp({
      stable: new FakeModel(),
      allowedOrigins: ['https://a.example', ORIGIN],
    });
    const { status, headers, text } = await app.call(path, preflight(ORIGIN));
    expect([status, text]).toEqual([204, '']);
    expect(headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN);
    expect(headers.get('Access-Control-Allow-Methods')).toBe(headers.get('Allow'));
    expect(headers.get('Access-Control-Allow-Headers')).toBe('*');
    expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
    expect(headers.get('Vary')).toBe('Origin');
  });

  test.each(OTHERS)('may not call %s', async (path) => {
    await using app = await httpApp({ stable: new FakeModel(), allowedOrigins: ['*'] });
    const answers = [
      await app.call(path, preflight(ORIGIN)),
      await app.call(path, { headers: { Origin: ORIGIN } }),
    ];
    expect(answers.flatMap(({ headers }) => corsHeaders(headers))).toEqual([]);
  });

  test.each([
    'https://evil.example',
    `${ORIGIN}.evil.example`,
    `${ORIGIN}:8443`,
    'http://desk.example.org',
    'null',
  ])('of %s may call nothing if another origin is allowed', async (origin) => {
    await using app = await httpApp({ stable: new FakeModel(), allowedOrigins: [ORIGIN] });
    const answers = [
      await app.call('/predict', preflight(origin)),
      await app.call('/v2', { headers: { Origin: origin } }),
    ];
    for (const { headers } of answers) {
      expect(corsHeaders(headers)).toEqual([]);
      // A cache must not give this answer to the allowed origin.
      expect(headers.get('Vary')).toBe('Origin');
    }
  });

  test('read answers and errors of the API', async () => {
    await using app = await httpApp({ stable: new FakeModel(), allowedOrigins: [ORIGIN] });
    const headers = { Origin: ORIGIN };
    const bodies = [
      JSON.stringify(EXAMPLE_INPUT),
      '{',
      JSON.stringify({ ...EXAMPLE_INPUT, Married: 'Maybe' }),
    ];
    for (const body of bodies) {
      const answer = await app.call('/predict', { method: 'POST', headers, body });
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN);
    }
  });

  test('are any, without credentials, if * is set', async () => {
    await using app = await httpApp({ stable: new FakeModel(), allowedOrigins: ['*'] });
    const { headers } = await app.call('/predict', preflight('null'));
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
    expect(headers.get('Vary')).toBeNull();
  });
});
