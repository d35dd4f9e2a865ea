import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { json, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Inference, startInference } from '../../../scripts/stack/inference.ts';
import { digestOf, EXAMPLE_INPUT, loanArtifact } from '../../support/model/loan-model.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';

const NAME = 'stopping';
const BODY = JSON.stringify(EXAMPLE_INPUT);

/** The service as processes of its own, which get SIGTERM while clients are connected. */
describe('a service that stops', () => {
  const directory = mkdtempSync(`${tmpdir()}/stopping-`);
  const started: Inference[] = [];
  const sockets: Socket[] = [];
  const aborts: AbortController[] = [];
  let mlflowUrl: string;
  let version: string;

  beforeAll(async () => {
    mlflowUrl = await sharedMlflow();
    const files = loanArtifact({ intercept: 0 });
    version = await registerVersion(mlflowUrl, { name: NAME, files, tags: { digest: digestOf(files) } });
  }, 120_000);

  afterEach(async () => {
    for (const abort of aborts.splice(0)) abort.abort();
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(started.splice(0).map((service) => service.stop()));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<Inference> {
    const service = await startInference({
      directory: `${directory}/${started.length}`,
      mlflowUrl,
      kinesisUrl: '',
      streams: { input: '', output: '', rejects: '' },
      environment: {
        MODEL_NAME: NAME,
        MODEL_VERSION: version,
        SHUTDOWN_SECONDS: '8',
        ...environment,
      },
    });
    started.push(service);
    await service.ready(60_000);
    return service;
  }

  async function connected({ url }: Inference, bytes: string): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    if (bytes !== '') await new Promise((resolve) => socket.write(bytes, resolve));
    return socket;
  }

  /** Sends SIGTERM and awaits the exit. */
  async function stopped({ process: child }: Inference) {
    const startedAt = performance.now();
    process.kill(child.pid, 'SIGTERM');
    const code = await child.exit();
    return { code, milliseconds: performance.now() - startedAt };
  }

  test.each([
    ['nothing', '', 2_500],
    ['half a header', 'POST /predict HTTP/1.1\r\nHost: here\r\nConte', 4_000],
    ['half a body', 'POST /predict HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{"input"', 4_000],
  ])('exits with 0 while a client has sent %s', async (_, bytes, limitMilliseconds) => {
    const service = await start();
    await connected(service, bytes);
    const { code, milliseconds } = await stopped(service);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(limitMilliseconds);
  });

  test('exits with 0 within its grace while a client reads no answer', async () => {
    const service = await start({ SHUTDOWN_SECONDS: '4' });
    const socket = await connected(service, 'GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n'.repeat(1_000));
    await once(socket, 'readable');
    const { code, milliseconds } = await stopped(service);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(4_000);
  });

  test('is not ready at once, and goes on accepting for its drain time', async () => {
    const service = await start({ DRAIN_SECONDS: '2' });
    const exit = stopped(service);
    await delay(300);
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ dependencies: { process: { state: 'blocked' } } });
    expect((await fetch(`${service.url}/v2/health/ready`)).status).toBe(503);
    const answer = await fetch(`${service.url}/predict`, { method: 'POST', body: BODY });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('connection')).toBe('close');
    const { code, milliseconds } = await exit;
    expect(code).toBe(0);
    expect(milliseconds).toBeGreaterThan(2_000);
  });

  test.each([['0'], ['2']])(
    'loses no request of 128 kept connections with pauses, with DRAIN_SECONDS=%s',
    async (DRAIN_SECONDS) => {
      const [leaving, staying] = [await start({ DRAIN_SECONDS }), await start()];
      const clients = Array.from({ length: 128 }, () => new KeptClient([leaving.url, staying.url]));
      const end = new AbortController();
      aborts.push(end);
      const running = clients.map((client) => client.run(end.signal));
      await delay(1_000);
      const { code } = await stopped(leaving);
      await delay(200);
      end.abort();
      await Promise.all(running);
      expect(code).toBe(0);
      expect(clients.flatMap(({ lost }) => lost)).toEqual([]);
      expect(clients.map(({ urls }) => urls)).toEqual(clients.map(() => [staying.url]));
    },
  );
});

/** Sends one request after the other on one connection, and goes to another server if an answer tells it to leave. */
class KeptClient {
  readonly lost: string[] = [];
  readonly urls: string[];
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(urls: readonly string[]) {
    this.urls = [...urls];
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (await this.#ask()) this.urls.shift();
      } catch (error) {
        this.lost.push(String(error));
      }
      await delay(5 + Math.random() * 45);
    }
    this.#agent.destroy();
  }

  /** @returns whether the answer tells the client to leave */
  async #ask(): Promise<boolean> {
    const sent = request(`${this.urls[0]}/predict`, { method: 'POST', agent: this.#agent });
    sent.end(BODY);
    const [response] = await once(sent, 'response');
    if (response.statusCode === 200) await json(response);
    else this.lost.push(`${response.statusCode} ${await text(response)}`);
    return response.headers.connection === 'close';
  }
}
