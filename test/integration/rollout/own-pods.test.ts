import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LabelSelector } from '../../../operators/rollout/cluster/label-selector.ts';
import type { Deployment, Job, Pod } from '../../../operators/rollout/cluster/objects.ts';
import { deploymentPods, jobPods } from '../../../operators/rollout/cluster/own-pods.ts';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import { type ApiServerCluster, startApiServerCluster } from '../../support/api-server-cluster.ts';

const PODS = '/api/v1/namespaces/default/pods';
const HASH = '7d4b9c6f58';

let server: ApiServerCluster;
let client: ApiServerCluster['client'];
let cluster: ApiServerCluster['cluster'];

beforeAll(async () => {
  server = await startApiServerCluster('default');
  ({ client, cluster } = server);
});

afterAll(() => server?.stop());

function controller(kind: string, name: string, uid = 'any') {
  return { apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, name, uid, controller: true };
}

/** Creates a pod as a controller does: the API server truncates the prefix of a long name. */
async function create(metadata: object): Promise<string> {
  const spec = { containers: [{ name: 'x', image: 'x:1' }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec } as Pod;
  return (await client.create<Pod>(PODS, pod)).metadata.name;
}

function ofReplicaSet(name: string, hash: string, labels: Readonly<Record<string, string>>) {
  return {
    generateName: `${name}-${hash}-`,
    labels: { ...labels, 'pod-template-hash': hash },
    ownerReferences: [controller('ReplicaSet', `${name}-${hash}`)],
  };
}

async function foundFor(name: string, selector: LabelSelector): Promise<string[]> {
  const deployment: Deployment = {
    metadata: { name },
    spec: { selector, template: { spec: { containers: [] } } },
  };
  return (await deploymentPods(cluster, deployment)).map(({ metadata }) => metadata.name).sort();
}

test.each<[string, LabelSelector]>([
  ['labels', { matchLabels: { app: 'labels', tier: 'web' } }],
  ['in', { matchExpressions: [{ key: 'app', operator: 'In', values: ['other', 'in'] }] }],
  [
    'notin',
    {
      matchLabels: { app: 'notin' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['batch', 'cron'] }],
    },
  ],
  ['exists', { matchLabels: { app: 'exists' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }],
  [
    'absent',
    {
      matchLabels: { app: 'absent' },
      matchExpressions: [{ key: 'legacy', operator: 'DoesNotExist' }],
    },
  ],
])('finds the pods of a Deployment whose selector has %s', async (name, selector) => {
  const own = await create(ofReplicaSet(name, HASH, { app: name, tier: 'web' }));
  await create(ofReplicaSet('other-app', HASH, { app: 'other-app', tier: 'batch', legacy: 'yes' }));
  expect(await foundFor(name, selector)).toEqual([own]);
});

test.each([
  'loan-eligibility-production-eu-west-1-inference',
  'loan-eligibility-production-eu-west-1-inference-service',
  `${'long-'.repeat(12)}end`,
])('finds the pods of Deployment %s, although their names are truncated', async (name) => {
  const labels = { app: 'long' };
  const pods = [
    await create(ofReplicaSet(name, HASH, labels)),
    await create(ofReplicaSet(name, 'abcde', labels)),
  ];
  expect(await foundFor(name, { matchLabels: labels })).toEqual(pods.sort());
});

test('a pod of another owner does not count, whatever its labels and its name are', async () => {
  const labels = { app: 'shared' };
  const own = await create(ofReplicaSet('inference', HASH, labels));
  await create(ofReplicaSet('inference-backfill', 'x9z8y', labels));
  await create({ name: `inference-${HASH}-alone`, labels: { ...labels, 'pod-template-hash': HASH } });
  await create({
    ...ofReplicaSet('inference', HASH, labels),
    ownerReferences: [controller('Job', 'inference')],
  });
  await create({ ...ofReplicaSet('inference', HASH, labels), labels });
  expect(await foundFor('inference', { matchLabels: labels })).toEqual([own]);
});

test('the result of a Job is never read from a pod that the Job did not create', async () => {
  const labels = { 'batch.kubernetes.io/job-name': 'verify' };
  const job: Job = { metadata: { name: 'verify', uid: 'job-1' } };
  const own = await create({ name: 'own', labels, ownerReferences: [controller('Job', 'verify', 'job-1')] });
  await create({ name: 'earlier', labels, ownerReferences: [controller('Job', 'verify', 'job-0')] });
  await create({ name: 'foreign', labels });
  const found: readonly KubernetesObject[] = await jobPods(cluster, job);
  expect(found.map(({ metadata }) => metadata.name)).toEqual([own]);
});
