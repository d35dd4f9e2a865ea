import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';

const [definitions, system] = parseAllDocuments(readFileSync(`${repositoryRoot}/skaffold.yaml`, 'utf8')).map(
  (document) => document.toJS() as ManifestObject,
);

function filesOf(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: repositoryRoot }));
}

function objectsIn(patterns: readonly string[]): ManifestObject[] {
  return filesOf(patterns)
    .flatMap((file) => parseAllDocuments(readFileSync(`${repositoryRoot}/${file}`, 'utf8')))
    .map((document) => document.toJS() as ManifestObject);
}

function imagesIn(patterns: readonly string[]): Set<string> {
  const texts = filesOf(patterns).map((file) => readFileSync(`${repositoryRoot}/${file}`, 'utf8'));
  const images = texts.flatMap((text) =>
    [...text.matchAll(/image: (\S+):[\w.-]+$/gm)].map(([, name]) => name ?? ''),
  );
  return new Set(images);
}

const [eksProfile] = system.profiles;

describe.each([
  {
    name: 'kind',
    artifacts: system.build.artifacts,
    manifests: system.manifests,
    forwards: system.portForward,
  },
  {
    name: 'eks',
    artifacts: eksProfile.build.artifacts,
    manifests: eksProfile.manifests,
    forwards: eksProfile.portForward,
  },
])('$name', ({ artifacts, manifests, forwards }) => {
  test('every glob matches, because skaffold checks that first', () => {
    for (const pattern of manifests.rawYaml) expect(filesOf([pattern])).not.toEqual([]);
  });

  test('every image that is built is used, and every own image that is used is built', () => {
    const used = [...imagesIn(manifests.rawYaml)].filter((image) => image.includes('loan-eligibility/'));
    expect(artifacts.map(({ image }: ManifestObject) => image).sort()).toEqual(used.sort());
  });

  test('every artifact is a target of the Dockerfile', () => {
    const dockerfile = readFileSync(`${repositoryRoot}/Dockerfile`, 'utf8');
    for (const { docker } of artifacts)
      expect(dockerfile).toMatch(new RegExp(`^FROM .* AS ${docker.target}$`, 'm'));
  });

  test('every forwarded port belongs to an existing Service', () => {
    const objects = objectsIn(manifests.rawYaml);
    for (const { resourceType, resourceName, namespace, port } of forwards) {
      expect(resourceType).toBe('service');
      const service = objects.find(
        ({ kind, metadata }) => kind === 'Service' && metadata.name === resourceName,
      );
      expect(service?.metadata.namespace).toBe(namespace);
      expect(service?.spec.ports.map((entry: ManifestObject) => entry.port)).toContain(port);
    }
  });
});

test('the definitions are deployed first', () => {
  expect(definitions.metadata.name).toBe('definitions');
  expect(system.requires).toEqual([{ configs: ['definitions'] }]);
  expect(filesOf(definitions.manifests.rawYaml)).not.toEqual([]);
});

test('a deploy recreates every Job', () => {
  const command = system.deploy.kubectl.hooks.before[0].host.command as string[];
  const jobs = objectsIn(system.manifests.rawYaml).filter(({ kind }) => kind === 'Job');
  expect(command).toEqual(expect.arrayContaining(jobs.map(({ metadata }) => metadata.name)));
});

describe('a hook goes to the context that skaffold deploys to, not to the current one', () => {
  const folder = mkdtempSync(`${tmpdir()}/skaffold-hooks-`);
  writeFileSync(`${folder}/kubectl`, '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    { hook: definitions.deploy.kubectl.hooks.after[0], verb: 'wait' },
    { hook: system.deploy.kubectl.hooks.before[0], verb: 'delete jobs' },
  ])('$verb', ({ hook, verb }) => {
    const [program, ...args] = hook.host.command as [string, ...string[]];
    const env = { PATH: `${folder}:${process.env.PATH}`, SKAFFOLD_KUBE_CONTEXT: 'the chosen one' };
    const said = execFileSync(program, args, { env, encoding: 'utf8' });
    expect(said).toMatch(new RegExp(`^--context the chosen one ${verb} `));
  });
});

test('the check names an existing Job and a built image', () => {
  const [{ container, executionMode }] = system.verify;
  const { jobManifestPath } = executionMode.kubernetesCluster;
  expect(filesOf([jobManifestPath])).toEqual([jobManifestPath]);
  expect([...imagesIn([jobManifestPath])]).toEqual([container.image]);
});
