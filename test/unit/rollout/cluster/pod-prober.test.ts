import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Container, Pod } from '../../../../operators/rollout/cluster/objects.ts';
import { podAddress } from '../../../../operators/rollout/cluster/pod-address.ts';
import { OipProber, readPods } from '../../../../operators/rollout/cluster/pod-prober.ts';
import { SPEC } from '../../../support/rollout-world.ts';

function pod(containers: readonly Container[], podIP = '127.0.0.1'): Pod {
  return { metadata: { name: 'p' }, spec: { containers }, status: { phase: 'Running', podIP } };
}

const serving = (ports: Container['ports'] = []): Container => ({ name: 'inference', ports });
const sidecar: Container = { name: 'oauth2-proxy', ports: [{ name: 'http', containerPort: 4180 }] };

describe('the address of a pod', () => {
  test.each<[string, readonly Container[], string]>([
    [
      'is the port http of the serving container, whatever a sidecar is called',
      [
        sidecar,
        serving([
          { name: 'metrics', containerPort: 9 },
          { name: 'http', containerPort: 8081 },
        ]),
      ],
      '10.0.0.1:8081',
    ],
    [
      'is the first TCP port of the serving container without a port http',
      [
        sidecar,
        serving([{ containerPort: 53, protocol: 'UDP' }, { containerPort: 8082 }, { containerPort: 8083 }]),
      ],
      '10.0.0.1:8082',
    ],
    ['is the port of the product without any port', [sidecar, serving()], '10.0.0.1:8080'],
    ['is the port of the product without the container', [sidecar], '10.0.0.1:8080'],
  ])('%s', (_what, containers, address) => {
    expect(podAddress(pod(containers, '10.0.0.1'), 'inference')).toBe(address);
  });

  test('has brackets around an IPv6 address', () => {
    expect(podAddress(pod([serving()], 'fd00::1'), 'inference')).toBe('[fd00::1]:8080');
  });
});

describe('the prober', () => {
  const servers: Server[] = [];

  const answering = (status: number) =>
    createServer((_request, response) => response.writeHead(status).end());

  async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as AddressInfo).port;
  }

  let model: number;
  let proxy: number;

  beforeAll(async () => {
    model = await listen(answering(200));
    proxy = await listen(answering(404));
  });

  afterAll(() => {
    for (const server of servers) server.close();
  });

  test('asks the serving container in whatever order the containers stand', async () => {
    const first = serving([{ name: 'http', containerPort: model }]);
    const second = { ...sidecar, ports: [{ name: 'http', containerPort: proxy }] };
    for (const containers of [
      [first, second],
      [second, first],
    ]) {
      const reading = await readPods(new OipProber(), [pod(containers)], SPEC, '2', 0);
      expect(reading).toMatchObject({ total: 1, loaded: 1 });
    }
  });

  test('reaches a pod with an IPv6 address', async () => {
    const containers = [serving([{ name: 'http', containerPort: await listen(answering(200), '::1') }])];
    const reading = await readPods(new OipProber(), [pod(containers, '::1')], SPEC, '2', 0);
    expect(reading).toMatchObject({ total: 1, loaded: 1 });
  });

  test('follows no redirect of a pod to a server that the pod names', async () => {
    const inner = createServer((_request, response) => response.end());
    const asked: (string | undefined)[] = [];
    inner.on('request', ({ url }) => asked.push(url));
    const headers = { location: `http://127.0.0.1:${await listen(inner)}/inner` };
    const redirecting = createServer((_request, response) => response.writeHead(302, headers).end());
    const port = await listen(redirecting);
    const one = pod([serving([{ name: 'http', containerPort: port }])]);
    const prober = new OipProber();
    expect(await prober.hasLoaded(one, 'inference', SPEC.model, '2')).toBe(false);
    expect(await prober.hasDecided(one, 'inference', '2')).toBe(false);
    expect(asked).toEqual([]);
  });
});
