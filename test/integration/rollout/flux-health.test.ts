import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { serveModelDeployments } from '../../../scripts/stack/serve-model-deployments.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import { gitopsBlocks, healthCases } from '../../support/gitops-health.ts';
import { refusalMessage } from '../../support/installed-system.ts';
import { rolloutsOfAllPhases } from '../../support/rollouts-of-all-phases.ts';
import { until } from '../../support/until.ts';

const NAME = 'flux-health';
const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const COLLECTION = modelDeploymentPath('default');

interface Expressions {
  readonly inProgress?: string;
  readonly failed: string;
  readonly current: string;
}

interface Block {
  readonly spec?: { readonly healthCheckExprs?: readonly (Expressions & { readonly kind: string })[] };
  readonly current?: string;
}

let api: KubeApiServer;
let client: KubernetesClient;
let states: readonly ModelDeployment[];

// Flux evaluates CEL with cel-go, and so does an admission policy of the API server.
beforeAll(async () => {
  api = await startKubeApiServer();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  states = await rolloutsOfAllPhases();
  await serveModelDeployments(client);
  await client.create(POLICIES, policy());
  await client.create(`${POLICIES.replace(/ies$/, 'ybindings')}`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: NAME },
    spec: { policyName: NAME, validationActions: ['Deny'] },
  } as KubernetesObject);
  const [probe] = states.filter(({ status }) => status !== undefined);
  await until('the policy takes effect', async () => (await told('probe', probe as ModelDeployment)) !== '');
}, 3_600_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
});

function blocks(): { main: Expressions; waits: string } {
  const all = gitopsBlocks() as Block[];
  const main = all
    .flatMap(({ spec }) => spec?.healthCheckExprs ?? [])
    .find(({ kind }) => kind === 'ModelDeployment');
  const waits = all.find(({ current }) => current !== undefined)?.current;
  if (main === undefined || waits === undefined) throw new Error('the page has no healthCheckExprs');
  return { main, waits };
}

/** Refuses every write of a status, and says in its message what each expression gives. */
function policy(): KubernetesObject {
  const { main, waits } = blocks();
  // Flux knows the fields of the object as variables.
  const value = (expression: string) =>
    `string([dyn(object.metadata)].all(metadata, [dyn(object.spec)].all(spec, [dyn(object.status)].all(status, (${expression})))))`;
  const messageExpression = [
    `'<inProgress=' + ${value(main.inProgress ?? 'false')}`,
    `' failed=' + ${value(main.failed)}`,
    `' current=' + ${value(main.current)}`,
    `' waits=' + ${value(waits)} + '>'`,
  ].join(' + ');
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: NAME },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['serving.loan-eligibility.dev'],
            apiVersions: ['*'],
            resources: ['modeldeployments/status'],
            operations: ['UPDATE'],
          },
        ],
      },
      validations: [{ expression: 'false', messageExpression }],
    },
  } as KubernetesObject;
}

/** The message with which the policy refuses the status of the object. */
async function told(name: string, { apiVersion, kind, spec, status }: ModelDeployment): Promise<string> {
  await client
    .create(COLLECTION, { apiVersion, kind, metadata: { name }, spec } as KubernetesObject)
    .catch(() => {});
  return refusalMessage(
    client.merge(`${modelDeploymentPath('default', name)}/status?dryRun=All`, { status }),
  );
}

/** As the controllers of Flux do it: RFC 0009. */
async function fluxHealth(name: string, object: ModelDeployment, waits: boolean): Promise<string> {
  const { observedGeneration } = object.status ?? {};
  if (observedGeneration !== undefined && observedGeneration !== object.metadata.generation)
    return 'InProgress';
  const message = await told(name, object);
  const value = (expression: string) => {
    const [, text] = new RegExp(`[< ]${expression}=(true|false)`).exec(message) ?? [];
    if (text === undefined) throw new Error(`${expression} could not be evaluated: ${message}`);
    return text === 'true';
  };
  if (value('inProgress')) return 'InProgress';
  if (value('failed')) return 'Failed';
  return value(waits ? 'waits' : 'current') ? 'Current' : 'InProgress';
}

test.each([
  ['a version that serves is current', false],
  ['Flux waits for the end of a rollout', true],
])('the health in Flux is what the page says, if %s', async (_what, waits) => {
  const cases = healthCases(states);
  const shown: [string, string][] = [];
  for (const [index, { name, object }] of cases.entries())
    shown.push([name, await fluxHealth(`case-${index}`, object, waits)]);
  expect(shown).toEqual(
    cases.map(({ name, flux, fluxThatWaits = flux }) => [name, waits ? fluxThatWaits : flux]),
  );
});

test('no expression fails to be evaluated on any state that the operator stores', async () => {
  for (const [index, object] of states.filter(({ status }) => status !== undefined).entries())
    await fluxHealth(`state-${index}`, object, false);
});
