import { createContext, runInContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FakeModel } from '../../../support/model/fake-model.ts';
import { httpApp } from '../../../support/model/http-app.ts';

let app: Awaited<ReturnType<typeof httpApp>>;
beforeAll(async () => {
  app = await httpApp({ stable: new FakeModel() });
});
afterAll(() => app.close());

describe('GET /', () => {
  test.each([
    undefined,
    '*/*',
    'application/json',
    'application/*',
    'text/csv',
    'application/json, text/html;q=0.9',
  ])('names the document and the page in JSON if Accept is %s', async (accept) => {
    const { json, headers } = await app.call('/', accept ? { headers: { Accept: accept } } : {});
    expect(json()).toEqual({
      name: 'loan-eligibility-inference',
      version: '1.2.3',
      openapi: '/openapi.json',
      docs: '/docs',
    });
    expect(headers.get('Vary')).toBe('Accept');
  });

  test.each(['text/html', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'])(
    'is a page with both links if Accept is %s',
    async (accept) => {
      const { text, headers } = await app.call('/', { headers: { Accept: accept } });
      expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      expect(text).toContain('href="./openapi.json"');
      expect(text).toContain('href="./docs"');
    },
  );
});

describe('the page at /docs', () => {
  const addresses = (html: string) =>
    [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, it]) => it as string);

  test('takes every file from this server', async () => {
    const { status, text, headers } = await app.call('/docs');
    expect([status, headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(addresses(text)).toHaveLength(4);
    for (const address of addresses(text)) {
      const url = new URL(address, `${app.url}/docs`);
      expect(url.origin).toBe(app.url);
      const file = await app.call(url.pathname);
      expect([address, file.status]).toEqual([address, 200]);
      expect(file.headers.get('Content-Type')).toMatch(/javascript|css|png/);
      expect(file.headers.get('X-Content-Type-Options')).toBe('nosniff');
    }
  });

  test('is allowed no script of its own text and no other server', async () => {
    const { text, headers } = await app.call('/docs');
    const policy = headers.get('Content-Security-Policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(text.match(/<script(?![^>]*\bsrc=)/g)).toBeNull();
    expect(text).not.toMatch(/ (on\w+|style)=|<style/);
  });

  test('shows the document of the same server, and sends it nowhere', async () => {
    const { text } = await app.call('/docs/start.js');
    const calls: { url: string; validatorUrl: unknown; dom_id: string }[] = [];
    const SwaggerUIBundle = Object.assign((options: never) => calls.push(options), { presets: {} });
    runInContext(text, createContext({ SwaggerUIBundle }));
    expect(calls).toHaveLength(1);
    expect(new URL(String(calls[0]?.url), `${app.url}/docs`).pathname).toBe('/openapi.json');
    expect(calls[0]?.validatorUrl).toBeNull();
    expect((await app.call('/docs')).text).toContain(`id="${calls[0]?.dom_id.slice(1)}"`);
  });

  test('works behind a gateway that adds a prefix', async () => {
    const { text } = await app.call('/docs');
    for (const address of addresses(text)) {
      expect(new URL(address, 'https://gateway.example/loans/docs').pathname).toMatch(/^\/loans\/docs\//);
    }
    const slash = await app.call('/docs/', { redirect: 'manual' });
    expect(slash.status).toBe(308);
    const location = String(slash.headers.get('Location'));
    expect(new URL(location, 'https://gateway.example/loans/docs/').pathname).toBe('/loans/docs');
  });

  test.each([
    'package.json',
    'index.html',
    '..%2fpackage.json',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    'constructor',
    '__proto__',
    '.npmrc',
  ])('gives no file %s', async (name) => {
    const { status, json } = await app.call(`/docs/${name}`);
    expect(status).toBe(404);
    expect(json().error.code).toBe('not_found');
  });

  test('is asked again only if a file changed', async () => {
    const { headers } = await app.call('/docs/swagger-ui.css');
    const modified = String(headers.get('Last-Modified'));
    expect(
      (
        await app.call('/docs/swagger-ui.css', {
          headers: { 'If-Modified-Since': modified, 'Cache-Control': 'max-age=0' },
        })
      ).status,
    ).toBe(304);
  });
});
