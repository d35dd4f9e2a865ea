import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { openMdep } from '../../../support/mdep.ts';

const FORBIDDEN =
  'modeldeployments is forbidden: User "bob" cannot list resource "modeldeployments" in API group "serving"';

interface Seen {
  readonly code: number;
  readonly said: string;
  readonly headers: IncomingHttpHeaders;
}

/** Runs `kubectl mdep status` against a server over plain HTTP that answers everything so. */
async function statusWith(status: number, body: string, headers: Record<string, string> = {}): Promise<Seen> {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.writeHead(status, headers).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const directory = mkdtempSync(`${tmpdir()}/api-trouble-`);
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = {
      clusters: [{ name: 'c', cluster: { server: url } }],
      users: [{ name: 'u', user: { token: 'secret-token' } }],
      contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u', namespace: 'ns' } }],
      'current-context': 'prod',
    };
    writeFileSync(`${directory}/config`, JSON.stringify(config));
    const { code, said } = await openMdep(['status', '--kubeconfig', `${directory}/config`]).ended;
    return { code, said, headers: seen[0] ?? {} };
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(directory, { recursive: true });
  }
}

function answer(status: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', status: 'Failure', reason, message, code: status });
}

describe('an error of the API', () => {
  test.each<[number, string, string, string]>([
    [
      401,
      'Unauthorized',
      'Unauthorized',
      'credentials of context prod are missing, wrong or expired: log in',
    ],
    [403, 'Forbidden', FORBIDDEN, 'you need the verb list on modeldeployments.serving.loan-eligibility.dev'],
    [403, 'Forbidden', 'policy x denied the request: no', 'a policy of the cluster refused the call'],
    [404, 'Unknown', '404 page not found', 'apply the manifests of k8s/cluster'],
    [422, 'Invalid', 'spec is wrong', 'its message says why'],
    [429, 'TooManyRequests', 'slow down', 'try again in 7 s'],
    [500, 'InternalError', 'etcd is gone', 'kubectl get --raw /readyz?verbose --context prod'],
    [418, 'Unknown', 'teapot', 'check that --context names the API server'],
  ])(
    '%i %s is one line with the object, the message %j and what to do',
    async (status, reason, message, advice) => {
      const { code, said } = await statusWith(status, answer(status, reason, message), {
        'retry-after': '7',
      });
      expect(code).toBe(1);
      expect(said).toMatch(/^kubectl mdep: ModelDeployments in namespace ns: the API server answered /);
      expect(said).toContain(`${status} `);
      expect(said).toContain(message);
      expect(said).toContain(advice);
      expect(said).not.toMatch(/\n|\/apis\//);
    },
  );

  test('shows no control characters, and no whole page of a proxy', async () => {
    const { said } = await statusWith(502, `<html>\u001b[2J\u202e${'x'.repeat(10_000)}`);
    expect(said).toContain('502 Bad Gateway: <html> [2J xxx');
    expect(said).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(said.length).toBeLessThan(900);
  });

  test.each(['<html>log in</html>', '{}', '{"items": 7}'])(
    'a server that answers 200 with %s is no API server',
    async (body) => {
      const { code, said } = await statusWith(200, body);
      expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('no API server') });
    },
  );
});

test('over plain HTTP nobody gets the credentials, as with kubectl', async () => {
  const { said, headers } = await statusWith(200, '{"items": []}');
  expect(said).toContain('there is no ModelDeployment in namespace ns');
  expect(headers.authorization).toBeUndefined();
});
