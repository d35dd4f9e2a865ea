import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY,
  type Request,
} from '../../../services/shared/agreements/request-annotations.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { modelDeploymentPath } from '../../../services/shared/model-deployment/model-deployment.ts';
import { InstalledSystem, NAMESPACE, refusalMessage } from '../../support/installed-system.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';
import { SPEC } from '../../support/rollout-world.ts';
import { until } from '../../support/until.ts';

const PATH = modelDeploymentPath(NAMESPACE, 'loan');
/** What the API server calls the administrator. */
const SELF = 'administrator';
const ALICE = `system:serviceaccount:${NAMESPACE}:alice`;
const REQUESTS = Object.keys(REQUEST_ANNOTATIONS) as Request[];

/** Another person who may change ModelDeployments. */
const OTHER_USER: ManifestObject[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'alice', namespace: NAMESPACE } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'alice', namespace: NAMESPACE },
    rules: [
      {
        apiGroups: ['serving.loan-eligibility.dev'],
        resources: ['modeldeployments'],
        verbs: ['get', 'patch'],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'alice', namespace: NAMESPACE },
    subjects: [{ kind: 'ServiceAccount', name: 'alice', namespace: NAMESPACE }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'alice' },
  },
];

type Annotations = Readonly<Record<string, string>>;

let system: InstalledSystem;
let client: KubernetesClient;
let alice: KubernetesClient;

beforeAll(async () => {
  system = await InstalledSystem.start();
  client = system.administrator;
  await system.apply(OTHER_USER);
  alice = await system.clientOf('alice');
  await client.create(modelDeploymentPath(NAMESPACE), object('loan'));
  await until('the policy takes effect', async () => (await annotate({ retry: '7' })) !== '');
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

function object(name: string, annotations: Annotations = {}): KubernetesObject {
  const spec = { ...SPEC, registry: { url: 'http://mlflow:5000', alias: 'champion' } };
  return {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name, annotations },
    spec,
  } as KubernetesObject;
}

const SHORT = new Map<string, string>(
  REQUESTS.flatMap((request) => [
    [request, REQUEST_ANNOTATIONS[request]],
    [by(request), REQUESTED_BY[request]],
  ]),
);

/** Short name of the annotation that names the author of the request. */
function by(request: Request): string {
  return `${request}By`;
}

/** Short names for the annotations. */
function full(annotations: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [SHORT.get(key) ?? key, value]),
  );
}

/** The message with which the patch is refused. Empty if it is taken. */
function annotate(annotations: Readonly<Record<string, string | null>>, dryRun = true): Promise<string> {
  const path = dryRun ? `${PATH}?dryRun=All` : PATH;
  return refusalMessage(client.merge(path, { metadata: { annotations: full(annotations) } }));
}

/** Makes the annotations of the object exactly these, whoever asked for them. */
async function have(annotations: Annotations): Promise<void> {
  const { metadata } = await client.get(PATH);
  const present = REQUESTS.filter(
    (request) => metadata.annotations?.[REQUEST_ANNOTATIONS[request]] !== undefined,
  );
  const gone = present.flatMap((request) => [
    [request, null],
    [by(request), SELF],
  ]);
  expect(await annotate(Object.fromEntries(gone), false)).toBe('');
  const unnamed = Object.fromEntries(REQUESTS.map((request) => [by(request), null]));
  expect(await annotate({ ...unnamed, ...annotations }, false)).toBe('');
}

describe('a request', () => {
  test.each(REQUESTS)('%s is taken from a user who names itself', async (request) => {
    await have({});
    expect(await annotate({ [request]: '7', [by(request)]: SELF })).toBe('');
  });

  test.each(REQUESTS)('%s is refused without a name, and under the name of another', async (request) => {
    await have({});
    expect(await annotate({ [request]: '7' })).toContain('`kubectl auth whoami`');
    expect(await annotate({ [request]: '7', [by(request)]: 'alice' })).toContain('the own user name');
    expect(await annotate({ [request]: '7 now', [by(request)]: 'alice' })).toContain('the own user name');
    const others = REQUESTS.filter((other) => other !== request);
    const elsewhere = Object.fromEntries(others.map((other) => [by(other), SELF]));
    expect(await annotate({ [request]: '7', ...elsewhere })).toContain('the own user name');
  });

  test('of another user is neither changed nor removed in the name of that user', async () => {
    await have({});
    const patch = { metadata: { annotations: full({ pause: 'quarter end', pauseBy: ALICE }) } };
    expect(await refusalMessage(alice.merge(PATH, patch))).toBe('');
    expect(await annotate({ pause: null })).toContain('the own user name');
    expect(await annotate({ pause: 'for ever' })).toContain('the own user name');
    expect(await annotate({ pauseBy: null })).toContain('stays while the request is there');
    expect(await annotate({ pauseBy: 'bob' })).toContain('nobody but the user');
    // Nobody takes over what another person asked for.
    expect(await annotate({ pauseBy: SELF })).toContain('changes only with its request');
    expect(await annotate({ pause: null, pauseBy: SELF })).toBe('');
  });

  test('keeps its author whatever another user asks for', async () => {
    await have({});
    const approval = { metadata: { annotations: full({ approveStep: '7:10', approveStepBy: ALICE }) } };
    expect(await refusalMessage(alice.merge(PATH, approval))).toBe('');
    expect(await annotate({ pause: 'wait', pauseBy: SELF }, false)).toBe('');
    expect(await annotate({ pause: null }, false)).toBe('');
    const { metadata } = await client.get(PATH);
    expect(metadata.annotations).toMatchObject(full({ approveStep: '7:10', approveStepBy: ALICE }));
    await have({});
  });

  test.each(['stop it, complaints', '', 'version 7', '-7', '123456789012345678901'])(
    'to abort that begins with no version is refused: %j',
    async (value) => {
      await have({});
      expect(await annotate({ abort: value, abortBy: SELF })).toContain('must begin with the version');
    },
  );

  test.each(['7', '7: complaints', '7-again', '7\nsecond line', `7 ${'x'.repeat(2_000)}`])(
    'to abort that begins with a version is taken: %.20j',
    async (value) => {
      await have({});
      expect(await annotate({ abort: value, abortBy: SELF })).toBe('');
    },
  );

  test('leaves every other change of the object alone', async () => {
    await have({ pause: 'quarter end', pauseBy: SELF });
    const labels = { metadata: { labels: { team: 'lending' }, annotations: { 'other/note': '1' } } };
    expect(await refusalMessage(alice.merge(`${PATH}?dryRun=All`, labels))).toBe('');
    expect(await refusalMessage(alice.merge(`${PATH}?dryRun=All`, { spec: { suspend: true } }))).toBe('');
    await client.merge(`${PATH}/status`, { status: { phase: 'Stable' } });
  });

  test('in a new object needs the name of its creator', async () => {
    const create = (annotations: Annotations) =>
      refusalMessage(
        client.create(
          `${modelDeploymentPath(NAMESPACE)}?dryRun=All`,
          object('other', full(annotations) as Annotations),
        ),
      );
    expect(await create({ pause: 'not yet', pauseBy: SELF })).toBe('');
    expect(await create({ pause: 'not yet' })).toContain('the own user name');
    expect(await create({ pauseBy: 'alice' })).toContain('nobody but the user');
    expect(await create({})).toBe('');
  });
});

test('whatever annotations change, they are taken exactly if each changed request bears the own name', async () => {
  const value = fc.constantFrom('7', '8', undefined);
  const author = fc.constantFrom(SELF, 'alice', undefined);
  const edit = fc.record({ value, author });
  const edits = fc.record({ retry: edit, pause: edit, abort: edit });
  const before = fc.record({ retry: value, pause: value, abort: value });
  await fc.assert(
    fc.asyncProperty(before, edits, async (then, now) => {
      const requests = ['retry', 'pause', 'abort'] as const;
      const set = requests.filter((request) => then[request] !== undefined);
      await have(
        Object.fromEntries(
          set.flatMap((request) => [
            [request, then[request] ?? ''],
            [by(request), SELF],
          ]),
        ),
      );
      const patch = requests.flatMap((request) => [
        [request, now[request].value ?? null],
        [by(request), now[request].author ?? null],
      ]);
      const mayBe = requests.every((request) => {
        const { value: is, author: name } = now[request];
        if (is !== then[request]) return name === SELF;
        const was = is === undefined ? undefined : SELF;
        return name === was || (is === undefined && name === undefined);
      });
      expect((await annotate(Object.fromEntries(patch))) === '').toBe(mayBe);
    }),
    { numRuns: 60 },
  );
});
