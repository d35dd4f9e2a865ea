import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  REQUEST_ANNOTATIONS,
  REQUESTED_BY_ANNOTATION,
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

/** Short names for the annotations. */
function full(annotations: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [
      key === 'by' ? REQUESTED_BY_ANNOTATION : (REQUEST_ANNOTATIONS[key as Request] ?? key),
      value,
    ]),
  );
}

/** The message with which the patch is refused. Empty if it is taken. */
function annotate(annotations: Readonly<Record<string, string | null>>, dryRun = true): Promise<string> {
  const path = dryRun ? `${PATH}?dryRun=All` : PATH;
  return refusalMessage(client.merge(path, { metadata: { annotations: full(annotations) } }));
}

/** Makes the annotations of the object exactly these, whoever asked for them. */
async function have(annotations: Annotations): Promise<void> {
  const none = Object.fromEntries([...REQUESTS, 'by'].map((key) => [key, null]));
  expect(await annotate({ ...none, by: SELF }, false)).toBe('');
  expect(await annotate({ ...none, ...annotations }, false)).toBe('');
}

describe('a request', () => {
  test.each(REQUESTS)('%s is taken from a user who names itself', async (request) => {
    await have({});
    expect(await annotate({ [request]: '7', by: SELF })).toBe('');
  });

  test.each(REQUESTS)('%s is refused without a name, and under the name of another', async (request) => {
    await have({});
    expect(await annotate({ [request]: '7' })).toContain('`kubectl auth whoami`');
    expect(await annotate({ [request]: '7', by: 'alice' })).toContain('the own user name');
    expect(await annotate({ [request]: '', by: 'alice' })).toContain('the own user name');
  });

  test('of another user is neither changed nor removed in the name of that user', async () => {
    await have({});
    const patch = { metadata: { annotations: full({ pause: 'quarter end', by: ALICE }) } };
    expect(await refusalMessage(alice.merge(PATH, patch))).toBe('');
    expect(await annotate({ pause: null })).toContain('the own user name');
    expect(await annotate({ pause: 'for ever' })).toContain('the own user name');
    expect(await annotate({ by: null })).toContain('stays while there is a request');
    expect(await annotate({ by: 'bob' })).toContain('nobody but the user');
    expect(await annotate({ pause: null, by: SELF })).toBe('');
  });

  test('leaves every other change of the object alone', async () => {
    await have({ pause: 'quarter end', by: SELF });
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
    expect(await create({ pause: 'not yet', by: SELF })).toBe('');
    expect(await create({ pause: 'not yet' })).toContain('the own user name');
    expect(await create({ by: 'alice' })).toContain('nobody but the user');
    expect(await create({})).toBe('');
  });
});

test('whatever annotations change, they are taken exactly if the requests are the same or bear the own name', async () => {
  const value = fc.constantFrom('7', '8', '');
  const requests = fc.dictionary(fc.constantFrom(...REQUESTS), value, { noNullPrototype: true });
  const names = fc.constantFrom(SELF, 'alice', undefined);
  await fc.assert(
    fc.asyncProperty(requests, requests, names, async (before, after, by) => {
      await have({ ...before, by: SELF });
      const gone = Object.fromEntries(REQUESTS.map((key) => [key, null]));
      const message = await annotate({ ...gone, ...after, ...(by === SELF ? {} : { by: by ?? null }) });
      const mayBe =
        by === SELF || (by === undefined && Object.keys(after).length + Object.keys(before).length === 0);
      expect(message === '').toBe(mayBe);
    }),
    { numRuns: 40 },
  );
});
