import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KubernetesCluster } from '../../../operators/rollout/cluster/kubernetes-cluster.ts';
import type { Deployment } from '../../../operators/rollout/cluster/objects.ts';
import { verificationJob } from '../../../operators/rollout/cluster/verification-job.ts';
import { systemClock } from '../../../services/shared/clock.ts';
import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { createLogger } from '../../../services/shared/logging.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import { InstalledSystem, NAMESPACE, refusalMessage } from '../../support/installed-system.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';
import { SPEC } from '../../support/rollout-world.ts';
import { until } from '../../support/until.ts';

const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const TARGET = `${DEPLOYMENTS}/inference`;
const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
const MODEL_DEPLOYMENT = modelDeploymentPath(NAMESPACE, 'loan');
const WAKE = `/api/v1/namespaces/${NAMESPACE}/configmaps/rollout-wake`;
const EVENTS = `/api/v1/namespaces/${NAMESPACE}/events`;
const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;
const FORMER_FINALIZER = 'serving.loan-eligibility.dev/webhook';
/** The garbage collector deletes an object whose owner does not exist. */
const OWNERS = [
  { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '00000000-0000-0000-0000-000000000001' },
];
const FOREIGN_METADATA: readonly [string, object][] = [
  ['an owner that does not exist', { ownerReferences: OWNERS }],
  ['a finalizer', { finalizers: ['new/finalizer'] }],
  ['a label', { labels: { a: 'b' } }],
  ['an annotation', { annotations: { a: 'b' } }],
];
const VARIABLE = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: 'mlflow', key: 'token' } } });

let system: InstalledSystem;
let administrator: KubernetesClient;
let operator: KubernetesClient;
let cluster: KubernetesCluster;
let shipped: ManifestObject;
let attempt = 0;

beforeAll(async () => {
  system = await InstalledSystem.start();
  administrator = system.administrator;
  operator = await system.clientOf('rollout');
  const logger = createLogger({ component: 'test', level: 'silent' });
  const options = { client: operator, namespace: NAMESPACE, clock: systemClock, logger };
  cluster = new KubernetesCluster({ ...options, onChange: () => {} });
  shipped = await administrator.get<Deployment>(TARGET);
  const spec = { ...SPEC, registry: { url: 'http://mlflow:5000', alias: 'champion' } };
  await administrator.create(modelDeploymentPath(NAMESPACE), {
    apiVersion: 'serving.loan-eligibility.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'loan', finalizers: ['other/finalizer', FORMER_FINALIZER] },
    spec,
  } as KubernetesObject);
  // A policy takes effect some moments after it was applied.
  const foreign = () => refusalMessage(operator.create(`${JOBS}?dryRun=All`, job('policy')));
  await until('the policies of Jobs take effect', async () =>
    (await foreign()).includes('ValidatingAdmission'),
  );
  const patch = { metadata: { labels: { a: 'b' } } };
  for (const path of [TARGET, MODEL_DEPLOYMENT, WAKE]) {
    const write = () => refusalMessage(operator.merge(`${path}?dryRun=All`, patch));
    await until(`the policy of ${path} takes effect`, async () =>
      (await write()).includes('ValidatingAdmission'),
    );
  }
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
});

/** A Job like those of other programs. */
function job(name: string): KubernetesObject {
  const container = { name: 'x', image: 'busybox' };
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [container] } } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec } as KubernetesObject;
}

/** The Job that the operator makes for the Deployment as it is. */
async function verification(): Promise<ManifestObject> {
  const deployment = await administrator.get<Deployment>(TARGET);
  const owner = { metadata: { name: 'loan', namespace: NAMESPACE, uid: 'u1' }, spec: { ...SPEC } };
  const since = new Date(attempt++).toISOString();
  const made = verificationJob(owner, { version: '7', since }, deployment, ['node', 'verify.mjs']);
  return structuredClone(made);
}

/** Lets the target have what a cluster may need: certificates, a proxy, credentials, a service mesh. */
async function enrichTarget(): Promise<void> {
  const target = structuredClone(shipped);
  const { spec, metadata } = target.spec.template;
  delete target.metadata.resourceVersion;
  delete target.metadata.managedFields;
  metadata.annotations = {
    'proxy.istio.io/config': '{}',
    'container.apparmor.security.beta.kubernetes.io/inference': 'runtime/default',
  };
  metadata.labels['sidecar.istio.io/inject'] = 'true';
  spec.imagePullSecrets = [{ name: 'pull' }];
  spec.containers.push({ name: 'sidecar', image: 'sidecar:1' });
  spec.containers[0].env.push(
    { name: 'NODE_EXTRA_CA_CERTS', value: '/trust/ca.pem' },
    { name: 'SSL_CERT_FILE', value: '/private/ca.pem' },
    { name: 'SSL_CERT_DIR', value: '/all' },
    VARIABLE('MLFLOW_TRACKING_TOKEN'),
    VARIABLE('PROXY_PASSWORD'),
    { name: 'HTTPS_PROXY', value: 'http://user:$(PROXY_PASSWORD)@proxy:3128' },
  );
  spec.containers[0].volumeMounts.push(
    { name: 'trust', mountPath: '/trust' },
    { name: 'private', mountPath: '/private' },
    { name: 'all', mountPath: '/all' },
  );
  spec.volumes.push(
    { name: 'trust', configMap: { name: 'trust' } },
    { name: 'private', secret: { secretName: 'private' } },
    { name: 'all', projected: { sources: [{ configMap: { name: 'trust' } }, { secret: { name: 'more' } }] } },
    { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
    { name: 'disk', persistentVolumeClaim: { claimName: 'disk' } },
  );
  await administrator.replace(TARGET, { ...target, metadata: { ...target.metadata, labels: {} } });
}

describe('the Jobs of the operator', () => {
  test('are admitted for the shipped target and for a target with certificates, proxy and mesh, and may be deleted', async () => {
    await cluster.createJob(await verification());
    await enrichTarget();
    const rich = await verification();
    const create = () => refusalMessage(operator.create(JOBS, rich));
    // The policy sees the Deployment through a cache.
    await until('the Job is admitted', async () => (await create()) === '');
    const stored: ManifestObject = await administrator.get(`${JOBS}/${rich.metadata.name}`);
    expect(JSON.stringify(stored.spec.template.spec.volumes)).toMatch(/trust.*private.*all/);
    await cluster.deleteJob(rich.metadata.name);
  });

  test('are admitted with what a policy of the cluster adds to every pod template', async () => {
    const target: ManifestObject = await administrator.get<Deployment>(TARGET);
    const made = await verification();
    for (const { metadata, spec } of [target.spec.template, made.spec.template]) {
      metadata.labels.team = 'lending';
      metadata.annotations = { ...metadata.annotations, 'cost-center': '7' };
      spec.imagePullSecrets = [...(spec.imagePullSecrets ?? []), { name: 'added' }];
    }
    await administrator.replace(TARGET, target);
    const create = () => refusalMessage(operator.create(`${JOBS}?dryRun=All`, made));
    await until('the Job is admitted', async () => (await create()) === '');
  });

  const pod = (change: (spec: ManifestObject, job: ManifestObject) => unknown) => change;
  test.each<[string, RegExp, (spec: ManifestObject, job: ManifestObject) => unknown]>([
    ['another service account', /service account/, pod((spec) => (spec.serviceAccountName = 'mlflow'))],
    ['no service account', /service account/, pod((spec) => delete spec.serviceAccountName)],
    [
      'another service account by its old field',
      /service account/,
      pod((spec) => {
        delete spec.serviceAccountName;
        spec.serviceAccount = 'secrets';
      }),
    ],
    ['a token', /without a token/, pod((spec) => (spec.automountServiceAccountToken = true))],
    ['the default token', /without a token/, pod((spec) => delete spec.automountServiceAccountToken)],
    ['another image', /image/, pod((spec) => (spec.containers[0].image = 'busybox'))],
    [
      'a second container',
      /one container/,
      pod((spec) => spec.containers.push({ name: 'x', image: 'sidecar:1' })),
    ],
    [
      'an init container',
      /no init container/,
      pod((spec) => (spec.initContainers = [{ name: 'x', image: 'sidecar:1' }])),
    ],
    ['the network of the node', /node/, pod((spec) => (spec.hostNetwork = true))],
    ['the processes of the node', /node/, pod((spec) => (spec.hostPID = true))],
    ['the memory of the node', /node/, pod((spec) => (spec.hostIPC = true))],
    [
      'a path of the node',
      /node|may mount only/,
      pod((spec) => spec.volumes.push({ name: 'x', hostPath: { path: '/' } })),
    ],
    [
      'another Secret in a variable',
      /only the Secrets/,
      pod((spec) =>
        spec.containers[0].env.push({
          name: 'P',
          valueFrom: { secretKeyRef: { name: 'mlflow-database', key: 'password' } },
        }),
      ),
    ],
    [
      'another key of a Secret of the target',
      /only the Secrets/,
      pod((spec) =>
        spec.containers[0].env.push({
          name: 'MLFLOW_TRACKING_TOKEN',
          valueFrom: { secretKeyRef: { name: 'mlflow', key: 'admin' } },
        }),
      ),
    ],
    [
      'all of a Secret',
      /only the Secrets/,
      pod((spec) => (spec.containers[0].envFrom = [{ secretRef: { name: 'mlflow-database' } }])),
    ],
    ...(
      [
        ['another Secret in a volume', { secret: { secretName: 'mlflow-database' } }],
        [
          'another Secret under the name of a volume of the target',
          { secret: { secretName: 'x' } },
          'private',
        ],
        ['a projected Secret', { projected: { sources: [{ secret: { name: 'mlflow-database' } }] } }],
        ['a disk of another workload', { persistentVolumeClaim: { claimName: 'postgres' } }],
        ['a driver', { csi: { driver: 'secrets-store.csi.k8s.io' } }],
        [
          'a projected token',
          { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
          'token',
        ],
      ] as const
    ).map(([what, source, name = 'x']) => {
      const change = pod((spec) => {
        spec.volumes = [...spec.volumes.filter((volume: { name: string }) => volume.name !== name)];
        spec.volumes.push({ name, ...source });
      });
      return [what, /may mount only/, change] as [string, RegExp, typeof change];
    }),
    ['another pull secret', /pull secrets/, pod((spec) => (spec.imagePullSecrets = [{ name: 'other' }]))],
    [
      'the labels of the Service',
      /must have the label/,
      pod((_spec, { spec }) => (spec.template.metadata.labels['app.kubernetes.io/name'] = 'inference')),
    ],
    [
      'a label that opens the network',
      /only labels of/,
      pod((_spec, { spec }) => (spec.template.metadata.labels['loan-eligibility/client'] = 'true')),
    ],
    [
      'another label for a service mesh',
      /only labels of/,
      pod((_spec, { spec }) => (spec.template.metadata.labels['sidecar.istio.io/inject'] = 'false')),
    ],
    [
      'an empty annotation that the target does not have',
      /only annotations of/,
      pod((_spec, { spec }) => (spec.template.metadata.annotations['vault.hashicorp.com/role'] = '')),
    ],
    [
      'an annotation that makes an injector add a Secret',
      /only annotations of/,
      pod((_spec, { spec }) => (spec.template.metadata.annotations['vault.hashicorp.com/role'] = 'mlflow')),
    ],
    [
      'the label of another owner',
      /only Jobs with the label/,
      pod((_spec, { metadata }) => (metadata.labels['app.kubernetes.io/managed-by'] = 'somebody')),
    ],
    [
      'an owner of another kind',
      /no owner but a ModelDeployment/,
      pod((_spec, { metadata }) => (metadata.ownerReferences = OWNERS)),
    ],
    [
      'a finalizer',
      /no finalizer/,
      pod((_spec, { metadata }) => (metadata.finalizers = ['other/finalizer'])),
    ],
    [
      'a finalizer on its pods',
      /no finalizer/,
      pod((_spec, { spec }) => (spec.template.metadata.finalizers = ['other/finalizer'])),
    ],
    [
      'no such label',
      /only Jobs with the label/,
      pod((_spec, { metadata }) => (metadata.labels = { a: 'b' })),
    ],
  ])('are refused with %s', async (_what, message, change) => {
    const made = await verification();
    change(made.spec.template.spec, made);
    expect(await refusalMessage(operator.create(JOBS, made))).toMatch(message);
  });

  test('may be deleted, but no Job of anybody else', async () => {
    await administrator.create(JOBS, job('training-123'));
    expect(await refusalMessage(operator.delete(`${JOBS}/training-123`))).toMatch(/only Jobs with the label/);
    await administrator.delete(`${JOBS}/training-123`);
  });

  test('are refused without the target, and then the Jobs of others are not', async () => {
    const made = await verification();
    const target = await administrator.get<Deployment>(TARGET);
    await administrator.delete(TARGET);
    const create = () => refusalMessage(operator.create(`${JOBS}?dryRun=All`, made));
    await until('the Job is refused', async () => /no params found/.test(await create()));
    await administrator.create(JOBS, job('first-model'));
    const { resourceVersion: _, ...metadata } = target.metadata;
    await administrator.create(DEPLOYMENTS, { ...target, metadata });
    await until('the Job is admitted', async () => (await create()) === '');
  });
});

describe('the operator’s writes of its target', () => {
  test('may set, give up and remove the pin', async () => {
    await cluster.releaseFields(
      await cluster.pin('inference', 'inference', { version: '7', digest: 'sha256:7' }),
    );
    await cluster.pin('inference', 'inference', { version: '8', digest: 'sha256:8' });
    await cluster.pin('inference', 'inference', undefined);
  });

  test('and its Jobs are evaluated within the limits of the API server, however large the target is', async () => {
    const target: ManifestObject = await administrator.get<Deployment>(TARGET);
    const before = structuredClone(target.spec);
    const { containers } = target.spec.template.spec;
    const many = (name: string) =>
      Array.from({ length: 300 }, (_, index) => ({
        name: `${name}_${index}`,
        valueFrom: { configMapKeyRef: { name: 'settings', key: `${name}_${index}` } },
      }));
    containers[0].env.push(...many('MLFLOW_TRACKING_X'));
    for (let index = 0; index < 10; index++) {
      containers.push({ name: `c${index}`, image: 'x:1', env: many(`C${index}`) });
    }
    await administrator.replace(TARGET, target);
    await cluster.pin('inference', 'inference', { version: '9', digest: 'sha256:9' });
    await cluster.pin('inference', 'inference', undefined);
    const large = await verification();
    expect(large.spec.template.spec.containers[0].env.length).toBeGreaterThan(300);
    const create = () => refusalMessage(operator.create(`${JOBS}?dryRun=All`, large));
    await until('the Job is admitted', async () => (await create()) === '', 5_000);
    await administrator.merge(TARGET, { spec: before });
  });

  const container = (fields: object) => ({
    spec: { template: { spec: { containers: [{ name: 'inference', ...fields }] } } },
  });
  test.each<[string, object]>([
    ['the image', container({ image: 'busybox' })],
    ['the command', container({ command: ['sh'] })],
    ['another variable', container({ env: [{ name: 'MLFLOW_TRACKING_URI', value: 'http://elsewhere' }] })],
    ['a Secret as the version', container({ env: [VARIABLE('MODEL_VERSION')] })],
    ['a new container', { spec: { template: { spec: { containers: [{ name: 'x', image: 'x' }] } } } }],
    ['the service account', { spec: { template: { spec: { serviceAccountName: 'mlflow' } } } }],
    ['the volumes', { spec: { template: { spec: { volumes: [{ name: 'x', emptyDir: {} }] } } } }],
    ['an annotation of the pods', { spec: { template: { metadata: { annotations: { a: 'b' } } } } }],
    ['the number of pods', { spec: { replicas: 0 } }],
    ['the pause', { spec: { paused: true } }],
    ...FOREIGN_METADATA.map(([what, metadata]) => [what, { metadata }] as [string, object]),
  ])('may not change %s', async (_what, fields) => {
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', ...fields };
    const write = operator.apply(TARGET, body, 'loan-eligibility-rollout');
    expect(await refusalMessage(write)).toMatch(/the operator may (change|set)/);
  });

  test.each(FOREIGN_METADATA)('may not add %s by a patch', async (_what, metadata) => {
    expect(await refusalMessage(operator.merge(TARGET, { metadata }))).toMatch(
      /the operator may change only/,
    );
  });
});

describe('the operator’s writes of the isolated canary', () => {
  const CANARY = `${DEPLOYMENTS}/inference-canary`;
  const apply = (spec: object) =>
    operator.apply(
      CANARY,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'inference-canary' }, spec },
      'loan-eligibility-rollout',
    );

  test('may set the pin and the number of pods, and take both back', async () => {
    const pin = { version: '8', digest: 'sha256:8' };
    await cluster.scale('inference-canary', 'inference', pin, 2);
    const scaled: ManifestObject = await administrator.get(CANARY);
    expect(scaled.spec.replicas).toBe(2);
    expect(scaled.spec.template.spec.containers[0].env).toEqual(
      expect.arrayContaining([{ name: 'MODEL_VERSION', value: '8' }]),
    );
    await cluster.scale('inference-canary', 'inference', undefined, 0);
    const left: ManifestObject = await administrator.get(CANARY);
    expect(left.spec.replicas).toBe(0);
    expect(JSON.stringify(left.spec.template)).not.toContain('MODEL_VERSION');
  });

  test.each<[string, object]>([
    ['the pause', { paused: true }],
    ['the service account', { template: { spec: { serviceAccountName: 'mlflow' } } }],
    ['the image', { template: { spec: { containers: [{ name: 'inference', image: 'busybox' }] } } }],
  ])('may not change %s', async (_what, spec) => {
    expect(await refusalMessage(apply(spec))).toMatch(/the operator may change only/);
  });
});

describe('the operator’s writes of a ModelDeployment', () => {
  test('may set the status, and remove the finalizer of an earlier release', async () => {
    const object = await administrator.get<ModelDeployment>(MODEL_DEPLOYMENT);
    await cluster.updateStatus(object, { phase: 'Waiting' });
    const present = await administrator.get<ModelDeployment>(MODEL_DEPLOYMENT);
    expect(present.status).toEqual({ phase: 'Waiting' });
    await cluster.setFinalizers(present, ['other/finalizer']);
    const { metadata } = await administrator.get(MODEL_DEPLOYMENT);
    expect(metadata.finalizers).toEqual(['other/finalizer']);
  });

  test.each<[string, object]>([
    ['the registry', { spec: { registry: { url: 'http://elsewhere:5000' } } }],
    ['suspend', { spec: { suspend: true } }],
    [
      'the retry annotation, under its own name either',
      {
        metadata: {
          annotations: {
            'serving.loan-eligibility.dev/retry': '1',
            'serving.loan-eligibility.dev/requested-by.retry': `system:serviceaccount:${NAMESPACE}:rollout`,
          },
        },
      },
    ],
    ...FOREIGN_METADATA.map(([what, metadata]) => [what, { metadata }] as [string, object]),
    ['a finalizer of somebody else', { metadata: { finalizers: [] } }],
    ['a new finalizer', { metadata: { finalizers: ['other/finalizer', 'new/finalizer'] } }],
  ])('may not change %s', async (_what, patch) => {
    expect(await refusalMessage(operator.merge(MODEL_DEPLOYMENT, patch))).toMatch(
      /nothing of a ModelDeployment/,
    );
  });
});

test('a write of the status changes no metadata', async () => {
  const object = await administrator.get<ModelDeployment>(MODEL_DEPLOYMENT);
  const metadata = { ...object.metadata, ownerReferences: OWNERS, labels: { a: 'b' }, finalizers: [] };
  await operator.replace(`${MODEL_DEPLOYMENT}/status`, { ...object, metadata, status: { phase: 'Stable' } });
  const present = await administrator.get<ModelDeployment>(MODEL_DEPLOYMENT);
  expect(present.status).toEqual({ phase: 'Stable' });
  const { ownerReferences, labels, finalizers } = present.metadata as ManifestObject;
  expect({ ownerReferences, labels, finalizers }).toEqual({ finalizers: ['other/finalizer'] });
});

describe('the ConfigMap that wakes the leader', () => {
  test('takes and loses tokens', async () => {
    await cluster.wake('loan', 'delivery');
    await operator.merge(WAKE, { data: { loan: null } });
  });

  test.each<[string, object]>([
    ...FOREIGN_METADATA.map(([what, metadata]) => [what, { metadata }] as [string, object]),
    ['the mark that nobody may change it any more', { immutable: true }],
    ['binary data', { binaryData: { x: 'eA==' } }],
  ])('does not take %s from the operator', async (_what, patch) => {
    expect(await refusalMessage(operator.merge(WAKE, patch))).toMatch(/only the data of the ConfigMap/);
  });
});

describe('the Lease of the operator', () => {
  const lease = (name: string, metadata: object = {}) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...metadata },
  });
  const path = `${LEASES}/rollout-leader`;
  const shardLabels = { 'stream.loan-eligibility.dev/group': 'loan-eligibility' };
  const rows: [string, object][] = [
    ...FOREIGN_METADATA.slice(0, 2),
    ['the labels of a shard', { labels: shardLabels }],
  ];

  test('is the only Lease that the operator may create', async () => {
    expect(await refusalMessage(operator.create(LEASES, lease('shard-0')))).toMatch(
      /only the Lease rollout-leader/,
    );
  });

  test.each(rows)('is not created with %s', async (_what, metadata) => {
    const write = operator.create(`${LEASES}?dryRun=All`, lease('rollout-leader', metadata));
    expect(await refusalMessage(write)).toMatch(/no owner, no finalizer and no label of a shard/);
  });

  test.each(rows)('does not take %s from the operator', async (_what, metadata) => {
    await operator.create(LEASES, lease('rollout-leader')).catch(() => {});
    const object = await operator.get<ManifestObject>(path);
    const write = operator.replace(path, { ...object, metadata: { ...object.metadata, ...metadata } });
    expect(await refusalMessage(write)).toMatch(/no owner, no finalizer and no label of a shard/);
  });

  test('is renewed with owners and labels that somebody else gave it', async () => {
    await administrator.merge(path, { metadata: { labels: { team: 'lending' }, ownerReferences: OWNERS } });
    const object = await operator.get<ManifestObject>(path);
    const labels = { ...object.metadata.labels, 'cost-center': '7' };
    const spec = { holderIdentity: 'rollout-0', leaseDurationSeconds: 10 };
    await operator.replace(path, { ...object, metadata: { ...object.metadata, labels }, spec });
  });
});

describe('the Events of the operator', () => {
  const event = (name: string, fields: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: NAMESPACE },
    involvedObject: { kind: 'ModelDeployment', name: 'loan', namespace: NAMESPACE },
    source: { component: 'loan-eligibility-rollout' },
    ...fields,
  });

  test('are written and counted', async () => {
    const object = await administrator.get<ModelDeployment>(MODEL_DEPLOYMENT);
    const happened = { type: 'Normal', reason: 'Waiting', message: 'no version' } as const;
    await cluster.recordEvent(object, happened);
    await cluster.recordEvent(object, happened);
    const { items } = await administrator.list<ManifestObject>(EVENTS);
    expect(items.map(({ reason, count }) => ({ reason, count }))).toEqual([{ reason: 'Waiting', count: 2 }]);
  });

  test.each<[string, object]>([
    ['about a Deployment', { involvedObject: { kind: 'Deployment', name: 'x', namespace: NAMESPACE } }],
    ['of the kubelet', { source: { component: 'kubelet' } }],
    ...FOREIGN_METADATA.slice(0, 2).map(
      ([what, metadata]) =>
        [`with ${what}`, { metadata: { name: 'bad', namespace: NAMESPACE, ...metadata } }] as [
          string,
          object,
        ],
    ),
  ])('are not created %s', async (_what, fields) => {
    expect(await refusalMessage(operator.create(EVENTS, event('bad', fields) as KubernetesObject))).toMatch(
      /the operator may (write only Events|give an Event)/,
    );
  });

  test.each<[string, object]>([
    ...FOREIGN_METADATA.map(([what, metadata]) => [what, { metadata }] as [string, object]),
    ['another message', { message: 'all is well' }],
    ['another object', { involvedObject: { kind: 'Pod' } }],
  ])('do not take %s later', async (_what, patch) => {
    await operator.create(EVENTS, event('own') as KubernetesObject).catch(() => {});
    expect(await refusalMessage(operator.merge(`${EVENTS}/own`, patch))).toMatch(
      /the operator may (write only Events|give an Event)/,
    );
  });

  test('leave the Events of others alone', async () => {
    const foreign = { source: { component: 'kubelet' } };
    await administrator.create(EVENTS, event('foreign', foreign) as KubernetesObject);
    expect(await refusalMessage(operator.merge(`${EVENTS}/foreign`, { count: 9 }))).toMatch(
      /only Events of its own/,
    );
  });
});

/** Deletes all policies, so nothing may follow. */
test('the command of the manual for going back lifts the limits that an earlier operator does not know', async () => {
  const manual = await readFile(new URL('../../../docs/how-to/upgrade.md', import.meta.url), 'utf8');
  const [, resources = '', selector = ''] = /^ *kubectl delete (\S+) --selector (\S+)$/m.exec(manual) ?? [];
  for (const resource of resources.split(',')) {
    const path = `/apis/admissionregistration.k8s.io/v1/${resource}`;
    await administrator.delete(`${path}?labelSelector=${encodeURIComponent(selector)}`);
  }
  const writes = [
    () => operator.create(`${JOBS}?dryRun=All`, job('earlier')),
    () => operator.merge(`${MODEL_DEPLOYMENT}?dryRun=All`, { metadata: { annotations: { a: 'b' } } }),
  ];
  for (const write of writes) await until('the write', async () => (await refusalMessage(write())) === '');
});
