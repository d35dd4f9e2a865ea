import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment } from '../../operators/rollout/cluster/objects.ts';
import type { KubernetesObject } from '../../services/shared/kubernetes/objects.ts';
import { until } from '../support/until.ts';
import type { FaultScene } from './fault-scene.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';

/** A ValidatingAdmissionPolicy denies every write of Deployments and Jobs in the namespace. */
export async function freeze(scene: FaultScene): Promise<void> {
  const { client, namespace } = scene.options;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: namespace };
  const rule = (group: string, resource: string, operations: readonly string[]) => ({
    apiGroups: [group],
    apiVersions: ['v1'],
    operations,
    resources: [resource],
  });
  await client.create(`${GROUP}/validatingadmissionpolicies`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [rule('apps', 'deployments', ['UPDATE']), rule('batch', 'jobs', ['CREATE', 'DELETE'])],
      },
      validations: [{ expression: 'false', message: 'change freeze' }],
    },
  } as KubernetesObject);
  await client.create(`${GROUP}/validatingadmissionpolicybindings`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: namespace, validationActions: ['Deny'] },
  } as KubernetesObject);
  scene.defer(async () => {
    await client.delete(`${GROUP}/validatingadmissionpolicybindings/${namespace}`);
    await client.delete(`${GROUP}/validatingadmissionpolicies/${namespace}`);
  });
  const write = () =>
    client.merge(scene.deploymentPath, { metadata: { annotations: { frozen: String(performance.now()) } } });
  await until('the freeze holds', () =>
    write().then(
      () => delay(200, false),
      () => true,
    ),
  );
}

/** A client that wants version 7 in the Deployment sets it whenever it finds another version there. */
export async function overwritePin(scene: FaultScene): Promise<void> {
  const { client } = scene.options;
  const variables = [{ name: 'MODEL_VERSION', value: '7' }];
  scene.repeat(200, async () => {
    const { spec } = await client.get<Deployment>(scene.deploymentPath);
    const [container] = spec.template.spec.containers;
    const version = container?.env?.find(({ name }) => name === 'MODEL_VERSION')?.value;
    if (version === '7') return;
    const template = { spec: { containers: [{ name: 'inference', env: variables }] } };
    const metadata = { name: 'inference' };
    const wanted = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template } };
    await client.apply(scene.deploymentPath, wanted, 'another-client');
  });
}
