import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runProgram } from '../../../scripts/programs/run-program.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
  type Request,
} from '../../../services/shared/agreements/request-annotations.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { InstalledSystem, NAMESPACE, refusalMessage } from '../../support/installed-system.ts';
import { openMdep } from '../../support/mdep.ts';
import { rolloutsOfAllPhases, stateIn } from '../../support/rollouts-of-all-phases.ts';
import { until } from '../../support/until.ts';

const PATH = modelDeploymentPath(NAMESPACE, 'loan');
/** The sequence that ends drawing. */
const FORMER_SCREEN = '[?1049l';

let system: InstalledSystem;
let client: KubernetesClient;
let states: readonly ModelDeployment[];

beforeAll(async () => {
  system = await InstalledSystem.start();
  client = system.administrator;
  states = await rolloutsOfAllPhases();
  await have(stateIn(states, 'Stable'));
  const unnamed = { metadata: { annotations: { [REQUEST_ANNOTATIONS.retry]: '7' } } };
  await until('the policy takes effect', async () =>
    (await refusalMessage(client.merge(`${PATH}?dryRun=All`, unnamed))).includes('ValidatingAdmission'),
  );
});

beforeEach(async () => {
  await client.delete(PATH).catch(() => {});
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

/** Lets the cluster have one ModelDeployment in this state. */
async function have(state: ModelDeployment, name = 'loan'): Promise<void> {
  const { apiVersion, kind, spec } = state;
  const url = 'http://mlflow:5000';
  const object = {
    apiVersion,
    kind,
    metadata: { name },
    spec: { ...spec, registry: { ...spec.registry, url } },
  };
  await client.create(modelDeploymentPath(NAMESPACE), object as KubernetesObject);
  await setStatus(state.status ?? {}, name);
}

async function setStatus(status: ModelDeploymentStatus, name = 'loan'): Promise<void> {
  await client.merge(`${modelDeploymentPath(NAMESPACE, name)}/status`, { status });
}

function openTool(args: readonly string[], height?: number) {
  return openMdep([...args, '--kubeconfig', system.kubeConfigFile, '--namespace', NAMESPACE], height);
}

function mdep(...args: readonly string[]) {
  return openTool(args).ended;
}

async function annotations(): Promise<Partial<Record<Request | `${Request}By`, string>>> {
  const { metadata } = await client.get<ModelDeployment>(PATH);
  const { annotations: all = {} } = metadata;
  const authors = Object.entries(REQUESTED_BY).map(([request, key]) => [`${request}By`, key] as const);
  const known = [...Object.entries(REQUEST_ANNOTATIONS), ...authors];
  return Object.fromEntries(
    known.flatMap(([name, key]) => (all[key] === undefined ? [] : [[name, all[key]]])),
  );
}

/** A canary of version 2 at 10 %, whose first step pauses for an approval. */
function pauses({ spec, status }: ModelDeployment): boolean {
  return spec.canary?.steps[0]?.pause !== undefined && status?.candidate?.weightPercent === 10;
}

describe('kubectl', () => {
  test('runs the plugin, which takes the options of kubectl', async () => {
    await have(stateIn(states, 'Shadowing'));
    const environment = {
      KUBECONFIG: system.kubeConfigFile,
      PATH: `${join(repositoryRoot, 'scripts')}:${process.env.PATH}`,
    };
    const args = ['mdep', 'status', 'loan', '-n', NAMESPACE, '-o', 'json'];
    const { code, stdout, stderr } = await runProgram('kubectl', args, { timeoutSeconds: 60, environment });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'loan', phase: 'Shadowing', alias: 'champion' });
  });
});

describe('a kubeconfig with proxy-url', () => {
  test('lets the calls go through the proxy, as with kubectl', async () => {
    await have(stateIn(states, 'Shadowing'));
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url = '' }, socket) => {
      tunnels.push(url);
      const { hostname, port } = new URL(`http://${url}`);
      const server = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        server.pipe(socket).pipe(server);
      });
      for (const end of [server, socket]) end.on('error', () => end.destroy());
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const config = JSON.parse(readFileSync(system.kubeConfigFile, 'utf8'));
    const { port } = proxy.address() as AddressInfo;
    config.clusters[0].cluster['proxy-url'] = `http://127.0.0.1:${port}`;
    const file = join(dirname(system.kubeConfigFile), 'proxied.json');
    writeFileSync(file, JSON.stringify(config));
    const { code, out } = await openMdep(['status', '--kubeconfig', file, '-n', NAMESPACE]).ended;
    proxy.close();
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('● Shadowing') });
    expect(tunnels).toEqual([new URL(config.clusters[0].cluster.server).host]);
  });
});

describe('a request', () => {
  test('to pause bears the user and the reason, and resume removes it', async () => {
    await have(stateIn(states, 'Canary'));
    expect(await mdep('pause', '--reason', 'quarter end')).toMatchObject({
      code: 0,
      out: 'loan: administrator asks to hold the rollout\n',
    });
    expect(await annotations()).toEqual({ pause: 'quarter end', pauseBy: 'administrator' });
    expect((await mdep('status')).out).toContain('quarter end');
    expect((await mdep('pause', '--reason', 'audit')).out).toBe(
      'loan: administrator asks to hold the rollout, instead of the pause by administrator: quarter end\n',
    );
    expect((await mdep('resume', 'loan')).out).toBe(
      'loan: administrator asks to end the pause by administrator: audit\n',
    );
    expect(await annotations()).toEqual({ pauseBy: 'administrator' });
    const { code, said } = await mdep('resume');
    expect(code).toBe(1);
    expect(said).toContain('loan is not paused');
  });

  test('to approve names the present version and step, and no other', async () => {
    await have(stateIn(states, 'Canary', pauses));
    const { code, out } = await mdep('approve');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'loan: administrator asks to let version 2 go on after its step at 10 %\n',
    });
    expect((await annotations()).approveStep).toMatch(/^2:10 \d{4}-/);
  });

  test.each<[string, string, string]>([
    ['Stable', 'approve', 'is in phase Stable, and only a step of phase Canary'],
    ['Canary', 'approve', 'the step at 10 % has no pause in spec.canary'],
    ['Stable', 'abort', 'rolls no version out'],
    ['Stable', 'retry', 'the alias champion names no refused version; no version is refused'],
    ['Stable', 'rollback', 'has no earlier version'],
  ])('in phase %s to %s is refused with what holds', async (phase, command, message) => {
    await have(
      stateIn(states, phase, ({ status }) => phase !== 'Canary' || status?.candidate?.weightPercent === 10),
    );
    const { code, said } = await mdep(command);
    expect(code).toBe(1);
    expect(said).toContain(message);
    expect(await annotations()).toEqual({});
  });

  test('to abort, to retry and to go back names the version, and is new each time', async () => {
    await have(stateIn(states, 'Canary', ({ status }) => status?.candidate?.version === '5'));
    await mdep('abort', '--reason', 'wrong data');
    expect((await annotations()).abort).toMatch(/^5 \d{4}-.*Z wrong data$/);
    const refused = stateIn(states, 'RolledBack', ({ status }) => status?.failed?.version === '5');
    await setStatus({ ...refused.status });
    await mdep('retry');
    const { retry } = await annotations();
    expect(retry).toMatch(/^5 \d{4}-/);
    await mdep('retry');
    expect((await annotations()).retry).not.toBe(retry);
    expect((await mdep('retry', '--version', '99')).said).toContain('refused versions: 5, 4, 3');
    await mdep('rollback');
    expect((await annotations()).rollback).toMatch(/^previous \d{4}-/);
    await mdep('rollback', '--version', '1');
    expect((await annotations()).rollback).toMatch(/^1 \d{4}-/);
    expect((await mdep('rollback', '--version', '4')).said).toContain('version 4 of loan never served');
  });

  test('to go back is refused while spec.pin holds a version, because it would have no effect', async () => {
    await have(stateIn(states, 'Stable', ({ status }) => Boolean(status?.history?.length)));
    const { status } = await client.get<ModelDeployment>(PATH);
    const { version, digest } = status?.stable ?? {};
    await client.merge(PATH, { spec: { pin: { version, digest } } });
    const { code, said } = await mdep('rollback');
    expect(code).toBe(1);
    expect(said).toContain(`spec.pin of loan holds version ${version}`);
    expect(await annotations()).toEqual({});
  });

  test('arrives although other clients change the object all the time', async () => {
    await have(stateIn(states, 'Canary'));
    let going = true;
    const others = (async () => {
      for (let count = 0; going; count++)
        await client.merge(PATH, { metadata: { labels: { count: String(count) } } });
    })();
    const runs = await Promise.all([
      mdep('pause', '--reason', 'a'),
      mdep('abort'),
      mdep('rollback', '--version', '1'),
    ]);
    going = false;
    await others;
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(Object.keys(await annotations()).sort()).toEqual([
      'abort',
      'abortBy',
      'pause',
      'pauseBy',
      'rollback',
      'rollbackBy',
    ]);
  });

  test('for an object that changed is decided anew on what it is now', async () => {
    await have(stateIn(states, 'Canary', pauses));
    const [{ code }] = await Promise.all([mdep('approve'), setStatus({ phase: 'RolledBack' })]);
    const { approveStep } = await annotations();
    expect(approveStep === undefined).toBe(code === 1);
  });

  test.each(['', 'two\nlines', 'x'.repeat(501)])('with the reason %j is not sent', async (reason) => {
    await have(stateIn(states, 'Canary'));
    const { code, said } = await mdep('pause', `--reason=${reason}`);
    expect({ code, said }).toEqual({
      code: 2,
      said: 'kubectl mdep: --reason: give one line of 1 to 500 characters',
    });
    expect(await annotations()).toEqual({});
  });
});

describe('a person without rights', () => {
  test('is told which verb on which resource is missing', async () => {
    await have(stateIn(states, 'Canary'));
    await allow('viewer', 'get');
    const as = (...args: readonly string[]) =>
      openMdep([...args, '--kubeconfig', kubeConfigOf('viewer'), '--namespace', NAMESPACE]).ended;
    expect((await as('status', 'loan')).code).toBe(0);
    for (const [args, verb] of [
      [['status'], 'list'],
      [['status', 'loan', '--watch'], 'watch'],
      [['pause', 'loan'], 'patch'],
    ] as const) {
      const { code, said } = await as(...args);
      expect({ code, said }).toEqual({
        code: 1,
        said: expect.stringContaining(
          `in namespace ${NAMESPACE}: the API server answered 403 Forbidden: modeldeployments`,
        ),
      });
      expect(said).toContain(`you need the verb ${verb} on modeldeployments.serving.loan-eligibility.dev`);
    }
    expect(await annotations()).toEqual({});
  });

  /** Lets this user do that with ModelDeployments. */
  async function allow(user: string, verb: string): Promise<void> {
    const rbac = 'rbac.authorization.k8s.io';
    const path = `/apis/${rbac}/v1/namespaces/${NAMESPACE}`;
    const metadata = { name: user };
    await client.create(`${path}/roles`, {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: ['serving.loan-eligibility.dev'], resources: ['modeldeployments'], verbs: [verb] },
      ],
    } as KubernetesObject);
    await client.create(`${path}/rolebindings`, {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      subjects: [{ kind: 'User', name: user, apiGroup: rbac }],
      roleRef: { kind: 'Role', name: user, apiGroup: rbac },
    } as KubernetesObject);
  }

  /** The administrator's file, in the name of this user. */
  function kubeConfigOf(user: string): string {
    const config = JSON.parse(readFileSync(system.kubeConfigFile, 'utf8'));
    config.users[0].user.as = user;
    const file = join(dirname(system.kubeConfigFile), `${user}.json`);
    writeFileSync(file, JSON.stringify(config));
    return file;
  }
});

describe('status', () => {
  test('draws every ModelDeployment of the namespace, and one by its name', async () => {
    await have(stateIn(states, 'Stable'));
    await have(stateIn(states, 'Soaking'), 'other');
    try {
      const { out } = await mdep('status');
      expect(out).toMatch(/^loan .*● Stable.*\n\n\nother .*● Soaking/s);
      expect((await mdep('status', 'other')).out).not.toContain('● Stable');
      expect(JSON.parse((await mdep('status', '-o', 'json')).out)).toHaveLength(2);
      const { code, said } = await mdep('pause');
      expect(code).toBe(1);
      expect(said).toContain('name one of loan, other');
    } finally {
      await client.delete(modelDeploymentPath(NAMESPACE, 'other'));
    }
  });

  test('says where to look if there is none', async () => {
    const { code, said } = await mdep('status');
    expect(code).toBe(1);
    expect(said).toContain(
      `there is no ModelDeployment in namespace ${NAMESPACE}; give another one by --namespace`,
    );
    expect((await mdep('status', 'nope')).said).toContain('there is no ModelDeployment nope');
  });

  test('prints no control characters of a message', async () => {
    const state = stateIn(states, 'RolledBack');
    await have(state);
    const failed = { ...state.status?.failed, message: 'evil \u001b[2J\u0007 \u202e text' } as never;
    await setStatus({ failed });
    const { out } = await mdep('status');
    expect(out).toContain('evil  [2J    text');
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('status --watch', () => {
  test('prints a line for each change that matters, and ends with the object', async () => {
    await have(stateIn(states, 'Shadowing'));
    const watch = openTool(['status', '--watch']);
    await until('the first line', async () => watch.written().includes('publishes nothing'));
    await client.merge(PATH, { metadata: { labels: { a: 'b' } } });
    await setStatus(
      stateIn(states, 'Canary', ({ status }) => status?.candidate?.weightPercent === 10).status ?? {},
    );
    await until('the second line', async () => watch.written().includes('decides 10 % of the keys'));
    await client.delete(PATH);
    const { code, out, said } = await watch.ended;
    expect(code).toBe(1);
    expect(said).toContain('loan was deleted');
    expect(out.trim().split('\n')).toHaveLength(2);
  });

  test('prints JSON documents if asked for', async () => {
    await have(stateIn(states, 'Shadowing'));
    const watch = openTool(['status', '--watch', '-o', 'json']);
    await until('the first document', async () => watch.written().endsWith('\n'));
    const { code, out } = await watch.end();
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ phase: 'Shadowing' });
  });

  test('draws anew on a terminal, also after the API server was away, and leaves the last picture', async () => {
    await have(stateIn(states, 'Shadowing'));
    const watch = openTool(['status', '--watch'], 50);
    await until('the first picture', async () => watch.written().includes('● Shadowing'));
    await system.restartApi(() =>
      until('the picture says that it is old', async () => watch.written().includes('The picture is old')),
    );
    await setStatus(
      stateIn(states, 'Canary', ({ status }) => status?.candidate?.weightPercent === 10).status ?? {},
    );
    await until('the new picture', async () => watch.written().includes('● Canary'), 30_000);
    const { code, out } = await watch.end();
    expect(code).toBe(0);
    const after = out.slice(out.lastIndexOf(FORMER_SCREEN));
    expect(after).toContain('● Canary');
    expect(after).not.toContain('The picture is old');
  }, 120_000);

  test('cuts a picture that is higher than the terminal', async () => {
    await have(stateIn(states, 'Shadowing'));
    const watch = openTool(['status', '--watch'], 5);
    await until('the first picture', async () => /… \d+ more lines/.test(watch.written()));
    expect((await watch.end()).code).toBe(0);
  });
});

test('history lists versions with their outcome, refusals, and transitions with who caused them', async () => {
  await have(states.findLast(({ spec }) => spec.suspend) as ModelDeployment);
  const { code, out } = await mdep('history');
  expect(code).toBe(0);
  expect(out).toMatch(/✓ +v2 +Served/);
  expect(out).toMatch(/✗ +v7 +Failed/);
  expect(out).toMatch(/✗ v5 .*CanaryFailed/);
  expect(out).toMatch(/#\d+ +[\d :-]+Z +Verifying +version 8 enters phase Verifying \(the alias\)/);
  expect(JSON.parse((await mdep('history', '-o', 'json')).out)).toHaveProperty('transitions');
});

test.each([
  [['status', '-o', 'yaml'], '--output yaml: give json'],
  [['status', '--context', 'nope'], '--context nope: there is no such context'],
  [['status', 'a', 'b'], 'status takes [NAME], not a b'],
])('the command line %j is refused with exit code 2', async (args, message) => {
  const { code, said } = await mdep(...args);
  expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining(message) });
});

test('a kubeconfig that is not there is named', async () => {
  const { code, said } = await openMdep(['status', '--kubeconfig', '/nowhere/config']).ended;
  expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining('--kubeconfig /nowhere/config:') });
});
