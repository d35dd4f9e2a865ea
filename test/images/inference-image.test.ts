import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { imageName } from '../cluster/images.ts';
import { Traffic } from '../cluster/traffic.ts';
import { until } from '../support/until.ts';
import { ImageStack } from './image-stack.ts';
import { ReadOnlyContainer } from './read-only-container.ts';

const READY = Wait.forHttp('/readyz', 8080).forStatusCode(200);
const LISTENING = Wait.forHttp('/livez', 8080).forStatusCode(200);

let stack: ImageStack;
let leases: string;
const running = new Set<StartedTestContainer>();

beforeAll(async () => {
  stack = await ImageStack.start();
  leases = await mkdtemp(join(tmpdir(), 'leases-'));
  await chmod(leases, 0o777);
}, 240_000);

// A failed test leaves its container. The network cannot be removed while the container exists.
afterEach(async () => {
  for (const container of running) await remove(container);
}, 60_000);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await rm(leases, { recursive: true, force: true });
}, 60_000);

function inference(changes: Readonly<Record<string, string>> = {}): ReadOnlyContainer {
  const container = new ReadOnlyContainer(imageName('inference'));
  container
    .withNetwork(stack.network)
    .withExposedPorts(8080)
    .withBindMounts([{ source: leases, target: '/leases', mode: 'rw' }])
    .withEnvironment(stack.environment(changes))
    .withWaitStrategy(READY)
    .withStartupTimeout(60_000);
  return container;
}

async function start(container: ReadOnlyContainer): Promise<StartedTestContainer> {
  const started = await container.start();
  running.add(started);
  return started;
}

async function remove(container: StartedTestContainer): Promise<void> {
  running.delete(container);
  await container.stop();
}

/** State of each dependency in /readyz. */
async function dependencies(
  container: StartedTestContainer,
): Promise<Record<string, { state: string; message?: string }>> {
  const response = await fetch(`http://127.0.0.1:${container.getMappedPort(8080)}/readyz`);
  return ((await response.json()) as { dependencies: Record<string, { state: string; message?: string }> })
    .dependencies;
}

async function inspect(container: StartedTestContainer) {
  const { container: runtime } = await getContainerRuntimeClient();
  return (await runtime.getById(container.getId()).inspect()).State;
}

/** Exit code of a container whose process ends by itself. */
async function ended(container: StartedTestContainer): Promise<number> {
  await until('the process ends', async () => !(await inspect(container)).Running);
  return (await inspect(container)).ExitCode;
}

/** Stops a container as the kubelet does. @returns the exit code of its process */
async function terminate(container: StartedTestContainer): Promise<number> {
  const { container: runtime } = await getContainerRuntimeClient();
  await runtime.getById(container.getId()).stop({ t: 40 });
  const { ExitCode: exitCode } = await inspect(container);
  await remove(container);
  return exitCode;
}

test('runs as a numeric user that is not root and cannot write to its root', async () => {
  const container = await start(inference());
  expect((await container.exec(['id', '-u'])).output.trim()).toBe('10001');
  const written = await container.exec(['touch', '/app/written', '/written']);
  expect(written.exitCode).not.toBe(0);
  expect(written.output).toContain('Read-only file system');
}, 90_000);

test('holds the files of the page that describes its API', async () => {
  const container = await start(inference());
  for (const path of ['openapi.json', 'docs', 'docs/swagger-ui-bundle.js', 'docs/swagger-ui.css']) {
    const answer = await fetch(`http://127.0.0.1:${container.getMappedPort(8080)}/${path}`);
    expect([path, answer.status]).toEqual([path, 200]);
  }
}, 90_000);

test('drains on SIGTERM, and the next container goes on from there: nothing is lost or repeated', async () => {
  const traffic = await Traffic.open(stack.kinesisUrl, 'drain');
  const first = await start(inference());
  traffic.start(200);
  await until('decisions come', () => traffic.ledger.answers > 200);
  expect(await terminate(first)).toBe(0);
  await start(inference());
  await until('decisions come again', () => traffic.ledger.outstanding < 20);
  const account = await traffic.finish(60);
  expect(account).toMatchObject({ lost: 0, unexpected: 0, duplicates: 0, disordered: 0 });
}, 180_000);

describe('a wrong setting or version is named in one line, and the process ends with code 1', () => {
  test.each([
    [
      'a tracking URI without a scheme',
      { MLFLOW_TRACKING_URI: 'mlflow' },
      /MLFLOW_TRACKING_URI is .*mlflow.*: must be an http/,
    ],
    [
      'a stream name with a space',
      { INPUT_STREAM: 'loan applications' },
      /INPUT_STREAM is .*: must be a Kinesis stream name/,
    ],
    ['a port out of range', { HTTP_PORT: '70000' }, /HTTP_PORT is .*70000.*: must be a whole number/],
  ])(
    '%s',
    async (_, changes, problem) => {
      const container = await start(inference(changes).withWaitStrategy(Wait.forLogMessage(problem)));
      expect(await ended(container)).toBe(1);
      await remove(container);
    },
    60_000,
  );
});

describe('while a dependency is missing the process lives, and readiness names the dependency', () => {
  test.each([
    ['registry', { MLFLOW_TRACKING_URI: 'http://nowhere:5000' }, 'nowhere'],
    ['kinesis', { INPUT_STREAM: 'absent', LEASE_FILE: '/tmp/leases.json' }, 'absent'],
  ])(
    '%s',
    async (dependency, changes, word) => {
      const container = await start(inference(changes).withWaitStrategy(LISTENING));
      await until(`${dependency} is named`, async () =>
        Boolean((await dependencies(container))[dependency]?.message?.includes(word)),
      );
    },
    90_000,
  );
});
