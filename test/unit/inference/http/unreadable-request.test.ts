import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { EXAMPLE_INPUT } from '../../../support/model/loan-model.ts';

let app: Awaited<ReturnType<typeof httpApp>>;
beforeAll(async () => {
  app = await httpApp({ stable: new FakeModel() });
});
afterAll(() => app.close());

const PATHS = ['/predict', '/v2/models/loan-eligibility/infer', '/2015-03-31/functions/function/invocations'];
const BODY = JSON.stringify(EXAMPLE_INPUT);

/** The answer to a request as it is written, head and body. */
async function answerTo(request: string): Promise<string> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.end(request);
  return text(socket);
}

function expectJsonError(answer: { status: number; headers: Headers; text: string }, status: number) {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('Content-Type')).toBe('application/json');
  expect(answer.text).not.toContain('<');
  expect(answer.text).not.toMatch(/\bat .*\.(ts|js)\b|node_modules/);
  expect(JSON.parse(answer.text)).toEqual(expect.any(Object));
}

/** Statuses of the answers to an application with bytes behind it, in the same packet, that are no further request. */
async function statusesBeforeJunk(application: unknown): Promise<readonly (string | undefined)[]> {
  const body = JSON.stringify(application);
  const head = `POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}`;
  const answers = await answerTo(`${head}\r\n\r\n${body}junk\r\n\r\n`);
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
}

test('answers an invalid application before it refuses the bytes behind it, which are not HTTP', async () => {
  expect(await statusesBeforeJunk({})).toEqual(['422', '400']);
});

test('refuses bytes behind a valid application that are not HTTP, and does not answer the application', async () => {
  expect(await statusesBeforeJunk({ input: EXAMPLE_INPUT })).toEqual(['400']);
});

test.each(PATHS)('%s names an unknown Content-Encoding with 415', async (path) => {
  const headers = { 'Content-Encoding': 'compress' };
  const answer = await app.call(path, { method: 'POST', body: BODY, headers });
  expectJsonError(answer, 415);
});

test('says the code of an unknown Content-Encoding', async () => {
  const headers = { 'Content-Encoding': 'compress' };
  const { json } = await app.call('/predict', { method: 'POST', body: BODY, headers });
  expect(json().error.code).toBe('unsupported_media_type');
});

test.each(PATHS)('%s refuses a body that is not the gzip that it says', async (path) => {
  const headers = { 'Content-Encoding': 'gzip' };
  for (const body of [BODY, gzipSync(BODY).subarray(0, 20)]) {
    expectJsonError(await app.call(path, { method: 'POST', body, headers }), 400);
  }
});

test.each(PATHS)('%s refuses a body above the limit with 413, also if it is compressed', async (path) => {
  const body = Buffer.alloc(9_000_000, ' ');
  expectJsonError(await app.call(path, { method: 'POST', body }), 413);
  const headers = { 'Content-Encoding': 'gzip' };
  expectJsonError(await app.call(path, { method: 'POST', body: gzipSync(body), headers }), 413);
});

test.each([
  'application/json; charset=klingon',
  'application/json; charset=utf-16',
  'application/xml',
  'text/plain; charset="',
  ';;;',
  'application/x-www-form-urlencoded',
])('takes JSON whose Content-Type is %s', async (type) => {
  const { status } = await app.call('/predict', {
    method: 'POST',
    body: BODY,
    headers: { 'Content-Type': type },
  });
  expect(status).toBe(200);
});

test('refuses a body in another charset than UTF-8', async () => {
  for (const body of [Buffer.from(BODY, 'utf16le'), Buffer.from('{"Gender": "Mâle"}', 'latin1')]) {
    expectJsonError(await app.call('/predict', { method: 'POST', body }), 400);
  }
});

test.each([
  '/v2/models/%ZZ',
  '/v2/models/%',
  '/v2/models/%E0%A4%A/ready',
  '/v2/models/loan-eligibility/versions/%c3%28',
  '/docs/%ff',
])('%s, which is malformed, is refused with 400', async (path) => {
  expectJsonError(await app.call(path), 400);
});

test.each(['/%ZZ', '/predict%', '/v2/%E0%A4%A'])('%s is a path that nothing has', async (path) => {
  expectJsonError(await app.call(path), 404);
});

test.each(['/predict', '/v2/models/loan-eligibility', '/nowhere', '/docs/a'])(
  '%s with 9,000 characters more is refused with 414',
  async (path) => {
    expectJsonError(await app.call(`${path}?${'q'.repeat(9_000)}`), 414);
    expectJsonError(await app.call(`${path}/${'q'.repeat(9_000)}`), 414);
  },
);

test.each([
  ['GET http://[ HTTP/1.1', 400],
  ['GET http:// HTTP/1.1', 400],
  ['GET http://elsewhere/livez HTTP/1.1', 200],
  ['OPTIONS * HTTP/1.1', 404],
])('%s is answered %d', async (line, status) => {
  const answer = await answerTo(`${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).not.toContain('<');
});
