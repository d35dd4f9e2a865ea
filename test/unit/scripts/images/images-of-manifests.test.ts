import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from '@jest/globals';
import { imagesOfManifests } from '../../../../scripts/images/images-of-manifests.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function folderWith(...images: readonly string[]): string {
  const folder = mkdtempSync(`${tmpdir()}/manifests-`);
  folders.push(folder);
  for (const [index, image] of images.entries())
    writeFileSync(`${folder}/${index}.yaml`, `spec:\n  containers:\n    - image: ${image}\n      name: x\n`);
  return folder;
}

test('kind needs every image, and EKS every image but the emulator', () => {
  expect(imagesOfManifests(`${repositoryRoot}/k8s/kind`)).toMatchObject({
    prefix: 'loan-eligibility',
    targets: ['inference', 'operator', 'tools', 'kinesis', 'training', 'mlflow'],
  });
  expect(imagesOfManifests(`${repositoryRoot}/k8s/eks`).targets).toEqual([
    'inference',
    'operator',
    'tools',
    'training',
    'mlflow',
  ]);
});

test('prefix and tag are those of the manifests, and images of others do not count', () => {
  const folder = folderWith(
    'r.example:5000/a/b/tools:7',
    'postgres:15-bookworm',
    'r.example:5000/a/b/mlflow:7',
    'prom/prometheus:v2@sha256:0f',
  );
  expect(imagesOfManifests(folder)).toEqual({
    prefix: 'r.example:5000/a/b',
    tag: '7',
    targets: ['tools', 'mlflow'],
  });
});

test.each([
  [['postgres:15'], /names no image of this project/],
  [['a/tools:1', 'b/mlflow:1'], /several prefixes: a, b/],
  [['a/tools:1', 'a/mlflow:2'], /several tags: 1, 2/],
])('%j is refused', (images, message) => {
  expect(() => imagesOfManifests(folderWith(...images))).toThrow(message);
});
