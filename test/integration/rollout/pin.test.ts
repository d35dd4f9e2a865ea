import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kind } from '../../../charts/environments.ts';
import { systemManifests } from '../../../charts/system.ts';
import type { Deployment } from '../../../operators/rollout/cluster/objects.ts';
import { ownPinTime } from '../../../operators/rollout/cluster/pin-owners.ts';
import { type ApiServerCluster, startApiServerCluster } from '../../support/api-server-cluster.ts';
import { objectsOf } from '../../support/manifest-objects.ts';
import { until } from '../../support/until.ts';

const NAMESPACE = 'default';
const PATH = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/inference`;
const manifest = manifestOfInference();

let server: ApiServerCluster;
let client: ApiServerCluster['client'];
let cluster: ApiServerCluster['cluster'];

beforeAll(async () => {
  server = await startApiServerCluster(NAMESPACE);
  ({ client, cluster } = server);
});

afterAll(() => server?.stop());

/** The generated Deployment of `k8s/kind`, in another namespace. */
function manifestOfInference() {
  const found = objectsOf(systemManifests(kind)).find(
    ({ kind: of, metadata }) => of === 'Deployment' && metadata.name === 'inference',
  );
  return { ...found, metadata: { ...found?.metadata, namespace: NAMESPACE } };
}

const applyManifest = () => client.apply(PATH, manifest, 'kubectl');

async function variables(): Promise<string[]> {
  const { spec } = await client.get<Deployment>(PATH);
  return spec.template.spec.containers[0]?.env?.map(({ name }) => name) ?? [];
}

test('the pin sets only two variables, survives another apply of the manifests, and leaves no trace', async () => {
  await applyManifest();
  const unpinned = await variables();
  await cluster.pin('inference', 'inference', { version: '1', digest: 'sha256:1' });
  expect(await variables()).toEqual([...unpinned, 'MODEL_VERSION', 'MODEL_DIGEST']);

  const { metadata } = await client.get<Deployment>(PATH);
  await applyManifest();
  expect((await client.get<Deployment>(PATH)).metadata.generation).toBe(metadata.generation);

  await cluster.pin('inference', 'inference', undefined);
  expect(await variables()).toEqual(unpinned);
});

test('a container can be renamed by server-side apply after the operator gave it up, and no pod is replaced meanwhile', async () => {
  const path = `${PATH}-renamed`;
  const named = (container: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'inference-renamed', namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: { app: 'renamed' } },
      template: {
        metadata: { labels: { app: 'renamed' } },
        spec: { containers: [{ name: container, image: 'inference:1' }] },
      },
    },
  });
  const rename = () => client.apply(path, named('server'), 'argocd-controller');
  await client.apply(path, named('inference'), 'argocd-controller');
  await cluster.pin('inference-renamed', 'inference', { version: '1', digest: 'sha256:1' });
  await expect(rename()).rejects.toThrow('image: Required value');

  const before = await client.get<Deployment>(path);
  await cluster.releaseFields(before);
  const after = await client.get<Deployment>(path);
  expect(after.spec).toEqual(before.spec);
  expect(after.metadata.generation).toBe(before.metadata.generation);
  await rename();
  await cluster.pin('inference-renamed', 'server', { version: '1', digest: 'sha256:1' });
  const { containers } = (await client.get<Deployment>(path)).spec.template.spec;
  expect(containers).toMatchObject([{ name: 'server', env: [{ value: '1' }, { value: 'sha256:1' }] }]);
});

test('a Deployment that changed meanwhile keeps its managers', async () => {
  await applyManifest();
  await cluster.pin('inference', 'inference', { version: '1', digest: 'sha256:1' });
  const stale = await client.get<Deployment>(PATH);
  await client.merge(PATH, { metadata: { labels: { touched: 'yes' } } });
  await cluster.releaseFields(stale);
  const { metadata } = await client.get<Deployment>(PATH);
  expect(metadata.managedFields?.map(({ manager }) => manager)).toContain('loan-eligibility-rollout');
});

test('the API server gives the time of the last pin, also after another client overwrote the pin', async () => {
  await applyManifest();
  const pin = () => cluster.pin('inference', 'inference', { version: '1', digest: 'sha256:1' });
  const before = ownPinTime(await pin());
  expect(before).toBeDefined();
  await applyManifest();
  expect(ownPinTime(await client.get<Deployment>(PATH))).toBe(before);
  await until('a later pin', async () => {
    await cluster.pin('inference', 'inference', { version: '2', digest: 'sha256:2' });
    return (ownPinTime(await pin()) ?? '') > (before ?? '');
  });
  const last = ownPinTime(await client.get<Deployment>(PATH));
  await until('an overwrite and a later pin', async () => {
    await client.apply(PATH, pinnedManifest('7'), 'argocd-controller');
    return (ownPinTime(await pin()) ?? '') > (last ?? '');
  });
});

/** The manifest with a pin. */
function pinnedManifest(version: string) {
  const env = [
    { name: 'MODEL_VERSION', value: version },
    { name: 'MODEL_DIGEST', value: `sha256:${version}` },
  ];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'inference' },
    spec: { template: { spec: { containers: [{ name: 'inference', env }] } } },
  };
}
