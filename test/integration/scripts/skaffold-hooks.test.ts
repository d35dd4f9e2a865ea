import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mustRun, runProgram } from '../../../scripts/programs/run-program.ts';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';
import { renderAs, runHooks, type SkaffoldRun } from '../../support/skaffold-hooks.ts';
import { until } from '../../support/until.ts';

const NAMESPACE = 'loan-eligibility';
const MANIFESTS = ['02-secrets', '04-kinesis', '12-training'].map((name) =>
  readFileSync(`${repositoryRoot}/k8s/kind/${name}.yaml`, 'utf8'),
);
/** Only Jobs: without controllers no other workload gets ready. */
const JOBS = MANIFESTS.flatMap((text) => text.split('\n---\n')).filter((text) => /^kind: Job$/m.test(text));
const TRAINING = 'loan-eligibility/training:0.1.0';
const TOOLS = 'loan-eligibility/tools:0.1.0';

let api: KubeApiServer;
let run: SkaffoldRun;
const runIds: string[] = [];

beforeAll(async () => {
  api = await startKubeApiServer();
  await kubectl(['create', 'namespace', NAMESPACE]);
}, 120_000);

afterAll(async () => {
  for (const runId of runIds) rmSync(`${repositoryRoot}/.cache/skaffold/${runId}.json`, { force: true });
  await api.stop();
});

function newRun(): SkaffoldRun {
  const runId = randomUUID();
  runIds.push(runId);
  return { runId, context: 'test', environment: { KUBECONFIG: api.kubeConfigFile } };
}

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { stdout } = await mustRun(runProgram, 'kubectl', ['--namespace', NAMESPACE, ...args], {
    timeoutSeconds: 60,
    environment: { KUBECONFIG: api.kubeConfigFile },
    ...(input === undefined ? {} : { input }),
  });
  return stdout;
}

/** Renders and deploys, as an iteration of `skaffold dev`. @returns what the hooks said */
async function iteration(images: Readonly<Record<string, string>> = {}, applied = true): Promise<string> {
  const rendered = renderAs(run, JOBS, images);
  const noted = await runHooks('render', run, rendered);
  const before = await runHooks('before', run);
  if (applied) await kubectl(['apply', '--filename=-'], rendered);
  return noted + before + (await runHooks('after', run));
}

/** The uid of each Job by its name. */
async function jobs(): Promise<Record<string, string>> {
  const { items } = JSON.parse(await kubectl(['get', 'jobs', '--output=json'])) as ManifestObject;
  return Object.fromEntries(items.map(({ metadata }: ManifestObject) => [metadata.name, metadata.uid]));
}

/** A pod of the Job whose program runs. There is no kubelet, so the test writes its status. */
async function startPod(job: string): Promise<string> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${job}-pod`, labels: { 'batch.kubernetes.io/job-name': job } },
    spec: { containers: [{ name: 'main', image: 'main:1' }], automountServiceAccountToken: false },
  };
  await kubectl(['create', '--filename=-'], JSON.stringify(pod));
  await setPod(pod.metadata.name, { running: {} });
  return pod.metadata.name;
}

async function setPod(name: string, state: object): Promise<void> {
  const container = { name: 'main', image: 'main:1', imageID: 'x', ready: false, restartCount: 0, state };
  const patch = JSON.stringify({ status: { phase: 'Running', containerStatuses: [container] } });
  await kubectl(['patch', 'pod', name, '--subresource=status', '--type=merge', '--patch', patch]);
}

test('iterations of one run, and a run after it, leave the Jobs as they are', async () => {
  run = newRun();
  await iteration();
  const first = await jobs();
  expect(Object.keys(first).sort()).toEqual(['first-model', 'kinesis-streams', 'secrets']);

  await iteration();
  run = newRun();
  await iteration();
  expect(await jobs()).toEqual(first);
}, 120_000);

test('a Job with another image is created again, and only this Job', async () => {
  const before = await jobs();
  const said = await iteration({ [TOOLS]: 'loan-eligibility/tools:2' });
  const after = await jobs();
  expect(said).toContain('job/secrets is deleted and created again: its pod template has changed');
  expect(after.secrets).not.toBe(before.secrets);
  expect(after['kinesis-streams']).not.toBe(before['kinesis-streams']);
  expect(after['first-model']).toBe(before['first-model']);
}, 120_000);

test('a Job whose pod runs is replaced after the end of the pod', async () => {
  const images = { [TOOLS]: 'loan-eligibility/tools:2', [TRAINING]: 'loan-eligibility/training:2' };
  const before = await jobs();
  const pod = await startPod('first-model');
  let ended = false;
  const iterating = iteration(images).finally(() => {
    ended = true;
  });
  const watched = until('the hook waits', () => ended, 6_000).catch(() => 'it waits');
  expect(await watched).toBe('it waits');
  expect(await jobs()).toEqual(before);

  await setPod(pod, { terminated: { exitCode: 0 } });
  expect(await iterating).toContain(`it has changed, and its pod ${pod} still runs`);
  expect((await jobs())['first-model']).not.toBe(before['first-model']);
}, 180_000);

test('a Job that has failed is told and made again, although its manifest is the same', async () => {
  run = newRun();
  await iteration();
  const before = await jobs();
  const status = {
    startTime: '2026-01-01T00:00:00Z',
    conditions: ['FailureTarget', 'Failed'].map((type) => ({
      type,
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    })),
  };
  const patch = ['--type=merge', `--patch=${JSON.stringify({ status })}`];
  await kubectl(['patch', 'job', 'first-model', '--subresource=status', ...patch]);
  const said = await iteration({}, false);
  expect(said).toContain('it has failed: BackoffLimitExceeded');
  const after = await jobs();
  expect(after['first-model']).not.toBe(before['first-model']);
  expect({ ...after, 'first-model': '' }).toEqual({ ...before, 'first-model': '' });
});

test('a Job that somebody deleted is created, although skaffold applies only what changed', async () => {
  const images = { [TOOLS]: 'loan-eligibility/tools:2', [TRAINING]: 'loan-eligibility/training:2' };
  await kubectl(['delete', 'job', 'kinesis-streams']);
  expect(await iteration(images, false)).toContain('job/kinesis-streams was missing and is created');
  expect(Object.keys(await jobs())).toHaveLength(3);
}, 120_000);

test('manifests that this run did not render change no Job', async () => {
  const before = await jobs();
  run = newRun();
  expect(await runHooks('before', run)).toContain('were not rendered in this run');
  expect(await runHooks('after', run)).toContain('no rollout is awaited');
  expect(await jobs()).toEqual(before);
}, 120_000);

test('an API server that does not answer fails the hook with the words of kubectl', async () => {
  const gone = { ...newRun(), context: 'no-such-context' };
  await runHooks('render', gone, renderAs(gone, JOBS));
  await expect(runHooks('before', gone)).rejects.toThrow('no-such-context');
}, 120_000);
