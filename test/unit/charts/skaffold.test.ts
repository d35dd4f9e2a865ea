import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { type ManifestObject, podTemplate } from '../../support/manifest-objects.ts';

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

test('an installation of the definitions waits for the context that skaffold deploys to, not the current one', () => {
  const folder = mkdtempSync(`${tmpdir()}/skaffold-hooks-`);
  try {
    writeFileSync(`${folder}/kubectl`, '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const [program, ...args] = definitions.deploy.kubectl.hooks.after[0].host.command as [
      string,
      ...string[],
    ];
    const env = { PATH: `${folder}:${process.env.PATH}`, SKAFFOLD_KUBE_CONTEXT: 'the chosen one' };
    expect(execFileSync(program, args, { env, encoding: 'utf8' })).toMatch(/^--context the chosen one wait /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every hook and every test starts a program of this repository', () => {
  const { hooks } = system.deploy.kubectl;
  const items = [...system.manifests.hooks.after, ...hooks.before, ...hooks.after];
  const tests = [...system.test, ...eksProfile.test].flatMap(({ custom }: ManifestObject) => custom);
  const commands: string[][] = [
    ...[...system.build.hooks.before, ...items.map(({ host }) => host)].map(
      ({ command, dir }: ManifestObject) => {
        expect(dir).toBe('.');
        return command;
      },
    ),
    ...tests.map(({ command }: ManifestObject) => command.split(' ')),
  ];
  expect(commands.length).toBeGreaterThan(10);
  for (const [program = '', file] of commands) {
    expect(statSync(`${repositoryRoot}/${program}`).mode & 0o111).not.toBe(0);
    if (file !== undefined) expect(existsSync(`${repositoryRoot}/${file}`)).toBe(true);
  }
});

test('no label of skaffold goes into a pod template, so that a new run replaces no pod', () => {
  const kinds = new Set(
    [...system.manifests.rawYaml, 'k8s/eks/*.yaml'].flatMap((glob) =>
      objectsIn([glob])
        .filter((object) => podTemplate(object) !== undefined)
        .map(({ kind, apiVersion }) => `${kind}.${apiVersion.split('/')[0]}`),
    ),
  );
  const { allow } = system.resourceSelector;
  expect(new Set(allow.map(({ groupKind }: ManifestObject) => groupKind))).toEqual(kinds);
  for (const { labels, image } of allow) {
    expect(labels).toEqual(['.metadata.labels']);
    expect(image).toEqual(['.*']);
  }
});

test('skaffold checks no rollout itself, because with two modules it does not see the second', () => {
  expect([definitions, system].map(({ deploy }) => deploy.statusCheck)).toEqual([false, false]);
});

test('the schemas of training are watched, because `training.schemaFile` may name one', () => {
  const { custom } = system.test.at(-1);
  const { dependencies } = custom.at(-1) as ManifestObject;
  expect(filesOf(dependencies.paths)).toContain('jobs/training/schemas/loan-eligibility.yaml');
});

test('every file that the manifests are made from is watched', () => {
  const { custom } = system.test.at(-1);
  const [{ dependencies }] = custom.filter(({ command }: ManifestObject) =>
    command.includes(' charts/main.ts'),
  );
  const watched = new Set(filesOf(dependencies.paths));
  const open = ['charts/main.ts'];
  const seen = new Set<string>();
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(`${repositoryRoot}/${file}`, 'utf8');
    for (const [, path = ''] of text.matchAll(/ from '(\.[^']+)'/g)) open.push(join(dirname(file), path));
  }
  expect([...seen].filter((file) => !watched.has(file))).toEqual([]);
});

test.each([...system.verify, ...eksProfile.verify])(
  'the check $name names an existing Job and a built image',
  (check) => {
    const { container, executionMode } = check as ManifestObject;
    const { jobManifestPath } = executionMode.kubernetesCluster;
    expect(filesOf([jobManifestPath])).toEqual([jobManifestPath]);
    expect([...imagesIn([jobManifestPath])]).toEqual([container.image]);
  },
);

test('every image is tested, on kind and on EKS', () => {
  for (const { build, test: tests } of [system, eksProfile]) {
    const images = build.artifacts.map(({ image }: ManifestObject) => image);
    expect(tests.map(({ image }: ManifestObject) => image)).toEqual(images);
  }
});

describe('a build on a machine', () => {
  const folder = mkdtempSync(`${tmpdir()}/skaffold-builder-`);
  afterAll(() => rmSync(folder, { recursive: true }));
  const check = () => {
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    return spawnSync(`${repositoryRoot}/scripts/skaffold/check-builder`, { env, encoding: 'utf8' });
  };

  test('with buildx begins', () => {
    writeFileSync(`${folder}/docker`, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(check()).toMatchObject({ status: 0, stderr: '' });
  });

  test('without buildx fails early, with advice', () => {
    writeFileSync(`${folder}/docker`, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain(`${folder}/docker has no buildx plug-in`);
    expect(stderr).toContain('make images');
  });
});
