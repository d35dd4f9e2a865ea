import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { eksEnvironment } from '../../../charts/eks-environment.ts';
import { clusterManifests, systemManifests } from '../../../charts/system.ts';
import { type AwsEnvironment, defineAwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import { existingAccount, medium, small } from '../../../infrastructure/environments.ts';
import { expectedOutputs } from '../../../infrastructure/outputs.ts';
import { type KubeApiServer, startKubeApiServer } from '../../../scripts/stack/kube-api-server.ts';
import { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';
import { type ManifestObject, objectsOf } from '../../support/manifest-objects.ts';
import { goAvailable, thirdPartyDefinitions } from '../../support/third-party-definitions.ts';
import { until } from '../../support/until.ts';

let api: KubeApiServer;
let client: KubernetesClient;
const resources = new Map<string, string>();
/** The definitions of other operators come as Go modules. Without Go their kinds are left out, and the test says so. */
let knowsOthers = false;

beforeAll(async () => {
  api = await startKubeApiServer();
  client = new KubernetesClient({ kubeConfig: api.kubeConfig });
  knowsOthers = await goAvailable();
  if (!knowsOthers) console.error('NOT RUN: kinds of other operators; their definitions need Go');
  const files = knowsOthers ? await thirdPartyDefinitions() : [];
  const others = files.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as ManifestObject),
  );
  for (const object of [...objectsOf(clusterManifests()), ...others]) await send(object, '');
  await send({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'loan-eligibility' } }, '');
}, 180_000);

afterAll(async () => {
  await client?.close();
  await api?.stop();
});

/** @param query of the request, for example `?dryRun=All` */
async function send(object: ManifestObject, query: string): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  await client.create(`${root}${scope}/${await resourceOf(root, kind)}${query}`, object);
}

/** The API server learns a new definition a moment after it is made. */
async function resourceOf(root: string, kind: string): Promise<string> {
  const key = `${root} ${kind}`;
  await until(`the API server knows ${key}`, async () => {
    if (resources.has(key)) return true;
    const list = await client.get<ManifestObject>(root).catch(() => ({ resources: [] }));
    const found = list.resources.find(
      (resource: ManifestObject) => resource.kind === kind && !resource.name.includes('/'),
    );
    if (found) resources.set(key, found.name);
    return resources.has(key);
  });
  return resources.get(key) ?? '';
}

const OTHER_GROUPS = /^(monitoring\.coreos\.com|keda\.sh|external-secrets\.io)\//;

function moved(preset: AwsEnvironment, account: string): AwsEnvironment {
  return defineAwsEnvironment(JSON.parse(JSON.stringify(preset).replaceAll(preset.account, account)));
}

describe.each([
  { name: 'small', aws: small },
  { name: 'medium in another account', aws: moved(medium, '444455556666') },
  { name: 'existingAccount', aws: existingAccount },
  {
    name: 'every option',
    aws: defineAwsEnvironment({
      ...medium,
      access: {
        reader: 'fan-out',
        outputAggregation: 'kpl',
        keepPayloads: true,
        metricsWorkspace: 'arn:aws:aps:us-east-1:111122223333:workspace/ws-1',
      },
    }),
  },
])('$name', ({ aws }) => {
  test('the API server accepts every manifest for EKS, without a warning about its fields', async () => {
    const all = objectsOf(systemManifests(eksEnvironment(aws, expectedOutputs(aws))));
    const known = all.filter(({ apiVersion }) => knowsOthers || !OTHER_GROUPS.test(apiVersion));
    expect(known.length).toBeGreaterThan(50);
    for (const object of known) {
      if (object.kind === 'Namespace') continue;
      await send(object, '?dryRun=All&fieldValidation=Strict').catch((error: Error) => {
        throw new Error(`${object.kind} ${object.metadata.name}: ${error.message}`, { cause: error });
      });
    }
  });
});
