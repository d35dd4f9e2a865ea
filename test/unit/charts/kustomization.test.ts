import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';

const FOLDERS = ['cluster', 'kind', 'eks', 'checks', 'checks-eks'];
const EXAMPLE = 'overlays/example';

const kubectlInstalled = spawnSync('kubectl', ['version', '--client']).status === 0;

function parsed(text: string): ManifestObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as ManifestObject);
}

function files(folder: string): string[] {
  return readdirSync(`${repositoryRoot}/k8s/${folder}`)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
}

/** What `kubectl apply --filename` would read, in its order. */
function objectsOfFiles(folder: string): ManifestObject[] {
  return files(folder).flatMap((name) =>
    parsed(readFileSync(`${repositoryRoot}/k8s/${folder}/${name}`, 'utf8')),
  );
}

function kustomized(folder: string): ManifestObject[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', `${repositoryRoot}/k8s/${folder}`], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect([status, stderr]).toEqual([0, '']);
  return parsed(stdout);
}

describe.each(FOLDERS)('k8s/%s', (folder) => {
  const text = readFileSync(`${repositoryRoot}/k8s/${folder}/Kustomization`, 'utf8');

  test('is a base whose resources are its files, in the order of their names', () => {
    expect(parse(text)).toMatchObject({
      kind: 'Kustomization',
      sortOptions: { order: 'fifo' },
      resources: files(folder),
    });
  });

  test('has no other name of a kustomization, because `kubectl apply --filename` would read that file', () => {
    expect(files(folder).filter((name) => name.startsWith('kustomization'))).toEqual([]);
  });

  (kubectlInstalled ? test : test.skip)(
    'is by `kubectl kustomize` what its files are, in their order',
    () => {
      expect(kustomized(folder)).toEqual(objectsOfFiles(folder));
    },
  );
});

(kubectlInstalled ? describe : describe.skip)('the example of an overlay', () => {
  const key = ({ kind, metadata }: ManifestObject): string => `${kind}/${metadata.name}`;

  test('changes the images, the labels and the CPU that it names, and nothing else', () => {
    const expected = objectsOfFiles('kind').map((object) => {
      const changed = structuredClone(object);
      changed.metadata.labels = { ...changed.metadata.labels, team: 'lending' };
      const [container] = changed.spec?.template?.spec?.containers ?? [];
      if (/^Deployment\/inference(-canary)?$/.test(key(changed)))
        container.image = 'registry.example.com/loan-eligibility/inference:0.1.1';
      if (key(changed) === 'Deployment/inference') container.resources.requests.cpu = '500m';
      if (key(changed) === 'Deployment/rollout')
        container.image = 'registry.example.com/loan-eligibility/operator:0.1.1';
      return changed;
    });
    expect(kustomized(EXAMPLE)).toEqual(expected);
  });

  test('names only images that its base has', () => {
    const { images } = parse(
      readFileSync(`${repositoryRoot}/k8s/${EXAMPLE}/kustomization.yaml`, 'utf8'),
    ) as ManifestObject;
    const used = JSON.stringify(objectsOfFiles('kind'));
    for (const { name } of images) expect(used).toContain(`"image":"${name}:`);
  });
});
