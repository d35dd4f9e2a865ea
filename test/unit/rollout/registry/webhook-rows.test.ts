import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MlflowServers } from '../../../../operators/rollout/registry/mlflow-servers.ts';
import { MlflowWebhookRows } from '../../../../operators/rollout/registry/webhook-rows.ts';
import { HostList } from '../../../../operators/rollout/servers/host-list.ts';
import { httpServer } from '../../../support/http-server.ts';

const NAMESPACE = 'loan-eligibility';
const EU = { url: 'https://rollout.eu.example/webhooks/mlflow', secret: 'secret-of-cluster-eu' };
const US = { url: 'https://rollout.us.example/webhooks/mlflow', secret: 'secret-of-cluster-us' };

interface Row {
  readonly name: string;
  readonly url: string;
  readonly secret?: string;
  readonly status?: string;
}

/** The webhook table of one MLflow. */
let rows: Map<string, Row>;
/** Rows in a page. */
let pageSize: number;
let nextToken: (page: number) => string;
let pagesRead: number;
let server: Awaited<ReturnType<typeof httpServer>>;

beforeEach(async () => {
  rows = new Map();
  pageSize = 100;
  pagesRead = 0;
  nextToken = String;
  server = await httpServer((request, response) => void answer(request, response));
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://mlflow');
  if (request.method === 'GET') {
    pagesRead++;
    const page = Number(url.searchParams.get('page_token') ?? 0);
    const all = [...rows].map(([id, row]) => ({ webhook_id: id, status: 'ACTIVE', ...row }));
    const more = (page + 1) * pageSize < all.length;
    const webhooks = all.slice(page * pageSize, (page + 1) * pageSize);
    response.end(JSON.stringify({ webhooks, ...(more ? { next_page_token: nextToken(page + 1) } : {}) }));
  } else if (request.method === 'POST') {
    add(JSON.parse(await text(request)));
    response.end('{}');
  } else {
    rows.delete(url.pathname.split('/').at(-1) ?? '');
    response.end('{}');
  }
}

let nextId = 0;
function add(row: Row): void {
  rows.set(`w-${++nextId}`, row);
}

function cluster(uid: string, namespace = NAMESPACE): MlflowWebhookRows {
  const hosts = new HostList({
    setting: 'REGISTRY_HOSTS',
    field: 'spec.registry.url',
    allowed: [{ host: '127.0.0.1', port: undefined }],
  });
  return new MlflowWebhookRows({
    servers: new MlflowServers(hosts, { of: async () => ({ headers: {} }) }),
    namespace,
    namespaceUid: async () => uid,
  });
}

const urls = () => [...rows.values()].map(({ url }) => url);

describe('the webhook rows of an operator', () => {
  test('stay as they are, however often they are checked', async () => {
    const eu = cluster('uid-eu');
    for (let check = 0; check < 3; check++) await eu.ensure(server, EU);
    expect(urls()).toEqual([EU.url]);
    expect([...rows.values()][0]?.name).toMatch(/^rollout\.[0-9a-f]{12}\.loan-eligibility\.[0-9a-f]{12}$/);
  });

  test('stand beside the rows of another cluster with the same namespace', async () => {
    const [eu, us] = [cluster('uid-eu'), cluster('uid-us')];
    for (let check = 0; check < 2; check++) {
      await eu.ensure(server, EU);
      await us.ensure(server, US);
      expect(urls()).toEqual([EU.url, US.url]);
    }
    await us.remove(server, US);
    expect(urls()).toEqual([EU.url]);
  });

  test('stand beside the rows of another cluster even if the URLs are equal', async () => {
    const [one, two] = [cluster('uid-1'), cluster('uid-2')];
    await one.ensure(server, EU);
    await two.ensure(server, { ...EU, secret: US.secret });
    await one.ensure(server, EU);
    expect([...rows.values()].map(({ secret }) => secret)).toEqual([EU.secret, US.secret]);
  });

  test('replace the row of an earlier release for the same URL, and no other', async () => {
    add({ name: `rollout.${NAMESPACE}.0123456789ab`, url: EU.url });
    add({ name: `rollout.${NAMESPACE}.0123456789ab`, url: US.url });
    add({ name: 'rollout.another-namespace.0123456789ab', url: EU.url });
    add({ name: 'made by a person', url: EU.url });
    await cluster('uid-eu').ensure(server, EU);
    expect(urls()).toEqual([US.url, EU.url, EU.url, EU.url]);
    await cluster('uid-eu').remove(server, EU);
    expect(urls()).toEqual([US.url, EU.url, EU.url]);
  });

  test('are made anew with a new secret, a new URL, or if MLflow has disabled them', async () => {
    const eu = cluster('uid-eu');
    await eu.ensure(server, EU);
    await eu.ensure(server, { ...EU, secret: 'another-secret-of-eu' });
    expect([...rows.values()].map(({ secret }) => secret)).toEqual(['another-secret-of-eu']);
    await eu.ensure(server, US);
    expect(urls()).toEqual([US.url]);
    for (const [id, row] of rows) rows.set(id, { ...row, status: 'DISABLED' });
    await eu.ensure(server, US);
    expect([...rows.values()]).toMatchObject([{ status: 'ACTIVE' }]);
  });

  test('have a name that MLflow takes, also in a namespace with a long name', async () => {
    await cluster('uid', 'n'.repeat(63)).ensure(server, EU);
    expect([...rows.values()][0]?.name.length).toBeLessThanOrEqual(63);
  });

  test('are found on any page', async () => {
    pageSize = 2;
    for (let other = 0; other < 7; other++) add({ name: `other-${other}`, url: EU.url });
    const eu = cluster('uid-eu');
    await eu.ensure(server, EU);
    await eu.ensure(server, EU);
    expect(rows.size).toBe(8);
  });

  test.each([
    ['repeats its token', () => '1', 3],
    ['goes in circles', (page: number) => String(page % 3), 5],
    ['never ends', String, 102],
  ])('are not read on if the list %s', async (_what, tokens, maximum) => {
    pageSize = 1;
    for (let other = 0; other < 500; other++) add({ name: `other-${other}`, url: EU.url });
    nextToken = tokens;
    await expect(cluster('uid-eu').ensure(server, EU)).rejects.toThrow('does not end');
    expect(pagesRead).toBeLessThanOrEqual(maximum);
    expect(rows.size).toBe(500);
  });

  test('are not sent to a server that the operator may not call', async () => {
    const foreign = { url: server.url.replace('127.0.0.1', 'localhost') };
    await expect(cluster('uid-eu').ensure(foreign, EU)).rejects.toThrow('REGISTRY_HOSTS');
    await expect(cluster('uid-eu').remove(foreign, EU)).rejects.toThrow('REGISTRY_HOSTS');
    expect(pagesRead).toBe(0);
  });
});
