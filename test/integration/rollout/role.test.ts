import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import { KubernetesCluster } from '../../../operators/rollout/cluster/kubernetes-cluster.ts';
import { namespaceUid } from '../../../operators/rollout/cluster/namespace-uid.ts';
import type { Deployment } from '../../../operators/rollout/cluster/objects.ts';
import { TrustedKeys } from '../../../operators/rollout/cluster/trusted-keys.ts';
import { verificationJob } from '../../../operators/rollout/cluster/verification-job.ts';
import { LeaderElector } from '../../../operators/rollout/leader-elector.ts';
import { SecretReader } from '../../../operators/rollout/servers/secret-reader.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import { InstalledSystem, NAMESPACE } from '../../support/installed-system.ts';
import { objectsOf } from '../../support/manifest-objects.ts';
import { SPEC } from '../../support/rollout-world.ts';
import { signingPerson } from '../../support/signing-person.ts';
import { until } from '../../support/until.ts';

/** The verb of RBAC that each method of the client needs. */
const VERBS: Readonly<Record<string, string>> = {
  get: 'get',
  list: 'list',
  watch: 'watch',
  create: 'create',
  replace: 'update',
  merge: 'patch',
  apply: 'patch',
  delete: 'delete',
};

let system: InstalledSystem;

beforeAll(async () => {
  system = await InstalledSystem.start();
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

/** The client, which notes each call as verb and resource. */
function recording(client: KubernetesClient, calls: Set<string>): KubernetesClient {
  return new Proxy(client, {
    get(target, method: string) {
      const value = Reflect.get(target, method, target);
      if (typeof value !== 'function') return value;
      return (path: string, ...rest: unknown[]) => {
        if (VERBS[method]) calls.add(`${VERBS[method]} ${resourceOf(path)}`);
        return value.call(target, path, ...rest);
      };
    },
  });
}

function resourceOf(path: string): string {
  const [, namespaced] = path.split(/\/namespaces\/[^/]+\//);
  if (namespaced === undefined) return 'namespaces';
  const [resource = '', , subresource] = namespaced.split('/');
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

function granted(): Set<string> {
  const role = objectsOf(systemManifests(kind)).find(
    ({ kind: of, metadata }) => of === 'Role' && metadata.name === 'rollout',
  );
  const rules: { resources: string[]; verbs: string[] }[] = role.rules;
  return new Set(
    rules.flatMap(({ resources, verbs }) => resources.flatMap((of) => verbs.map((verb) => `${verb} ${of}`))),
  );
}

test('the Role of the operator allows every call of the operator, and grants no verb that the operator never uses', async () => {
  const calls = new Set<string>();
  const client = recording(await system.clientOf('rollout'), calls);
  const logger = createLogger({ component: 'test', level: 'silent' });
  const shared = { client, namespace: NAMESPACE, clock: systemClock, logger };
  const { administrator } = system;
  await administrator.create(modelDeploymentPath(NAMESPACE), {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'loan', finalizers: ['serving.loan-eligibility.dev/webhook'] },
    spec: SPEC,
  } as KubernetesObject);

  const elector = new LeaderElector({
    ...shared,
    lease: 'rollout-leader',
    identity: 'rollout-0',
    durationMilliseconds: 10_000,
    renewDeadlineMilliseconds: 7_000,
    retryMilliseconds: 2_000,
  });
  await elector.acquire(new AbortController().signal);
  await elector.release();

  const cluster = new KubernetesCluster({ ...shared, onChange: () => {} });
  await cluster.start();
  const object = cluster.modelDeployment('loan') as ModelDeployment;
  // A write of another client in between makes the operator read the object again.
  await administrator.merge(modelDeploymentPath(NAMESPACE, 'loan'), { metadata: { labels: { a: 'b' } } });
  await cluster.updateStatus(object, { phase: 'Waiting' });
  const present = await administrator.get<ModelDeployment>(modelDeploymentPath(NAMESPACE, 'loan'));
  await cluster.setFinalizers(present, []);

  const deployment = cluster.deployment('inference') as Deployment;
  const job = verificationJob(present, { version: '1', since: '' }, deployment, ['node', 'verify.mjs']);
  if (job === undefined) throw new Error('the Deployment has no container');
  // A policy with a parameter needs some moments to know the Deployment.
  await until('the Job is admitted', () =>
    cluster
      .createJob(job)
      .then(() => true)
      .catch(() => false),
  );
  await cluster.pods(`batch.kubernetes.io/job-name=${job.metadata.name}`);
  await cluster.deleteJob(job.metadata.name);
  await cluster.releaseFields(
    await cluster.pin('inference', 'inference', { version: '1', digest: 'sha256:1' }),
  );

  await cluster.wake('loan', 'delivery');
  await cluster.forgetWake('loan');
  const event = { type: 'Normal', reason: 'Waiting', message: 'x' } as const;
  await cluster.recordEvent(present, event);
  await cluster.recordEvent(present, event);
  await until('the cluster watches', async () => calls.has('watch configmaps') && calls.has('watch jobs'));
  await cluster.stop();

  await namespaceUid(client, NAMESPACE);

  const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mlflow-credentials' } };
  await administrator.create<KubernetesObject>(secrets, {
    ...secret,
    stringData: { token: 'x' },
  } as KubernetesObject);
  const reader = new SecretReader(client, NAMESPACE, systemClock);
  expect(await reader.read('mlflow-credentials')).toEqual({ token: 'x' });

  const keys = new TrustedKeys(client, NAMESPACE);
  const { pem } = signingPerson('alice');
  await administrator.create<KubernetesObject>(`/api/v1/namespaces/${NAMESPACE}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'promotion-keys' },
    data: { 'alice.pem': pem },
  } as KubernetesObject);
  expect(await keys.read('promotion-keys')).toMatchObject({ kind: 'read', keys: [{ name: 'alice' }] });

  expect([...calls].sort()).toEqual([...granted()].sort());
});
