import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bundlePrograms } from '../../../../../scripts/images/bundles.ts';
import { sbomDocument } from '../../../../../scripts/images/sbom/document.ts';
import { nodePackages } from '../../../../../scripts/images/sbom/node-contents.ts';
import { NpmLock } from '../../../../../scripts/images/sbom/npm-lock.ts';
import { componentsOf, pythonPackages } from '../../../../../scripts/images/sbom/python-packages.ts';
import { IMAGE_TARGETS } from '../../../../../scripts/images/targets.ts';
import { repositoryRoot } from '../../../../../scripts/stack/paths.ts';
import { PlayedPrograms } from '../../../../support/played-programs.ts';

const lock = new NpmLock(readFileSync(`${repositoryRoot}/package-lock.json`, 'utf8'));
const manifest = JSON.parse(readFileSync(`${repositoryRoot}/package.json`, 'utf8'));

describe('the npm packages of the images', () => {
  let packages: (target: string) => string[];

  beforeAll(async () => {
    const outputs = await bundlePrograms(repositoryRoot);
    packages = (target) =>
      lock.components(nodePackages(target, outputs, lock)).map(({ name, version }) => `${name}@${version}`);
  });

  test('are those in the bundles, in the versions of the lock file, and those copied beside', () => {
    const inference = packages('inference');
    for (const name of ['onnxruntime-node', 'swagger-ui-dist', 'express', 'zod'])
      expect(inference).toContain(`${name}@${manifest.dependencies[name]}`);
    expect(packages('kinesis')).toContain(`kinesalite@${manifest.devDependencies.kinesalite}`);
    expect(packages('kinesis').some((name) => name.startsWith('leveldown@'))).toBe(true);
  });

  test('are not what another image holds, or what only builds and tests', () => {
    const names = (target: string) => packages(target).map((name) => name.replace(/@[^@]+$/, ''));
    expect(names('operator')).not.toContain('onnxruntime-node');
    expect(names('tools')).not.toContain('express');
    for (const target of ['inference', 'operator', 'tools'])
      expect(names(target).filter((name) => name in manifest.devDependencies)).toEqual([]);
  });

  test('of an unknown image are asked in vain', () => {
    expect(() => packages('training')).toThrow('training is no Node image');
  });
});

describe('a lock file', () => {
  const entry = (name: string, ...dependencies: readonly string[]) => ({
    version: `1.0.0-${name}`,
    integrity: 'sha512-AAEC',
    license: 'MIT',
    dependencies: Object.fromEntries(dependencies.map((needed) => [needed, '*'])),
  });
  const nested = new NpmLock(
    JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': {},
        'node_modules/a': entry('a', 'b', '@s/c'),
        'node_modules/b': entry('b-above'),
        'node_modules/a/node_modules/b': entry('b-below', '@s/c'),
        'node_modules/@s/c': entry('c', 'b'),
        'node_modules/lost': entry('lost', 'gone'),
      },
    }),
  );

  test('finds what a package needs as Node does: beside it first, then above', () => {
    expect([...nested.closureOf('a')].sort()).toEqual([
      'node_modules/@s/c',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/b',
    ]);
  });

  test.each([
    ['node_modules/a/node_modules/b/x/y.js', 'node_modules/a/node_modules/b'],
    ['node_modules/@s/c/index.js', 'node_modules/@s/c'],
    ['services/inference/main.ts', undefined],
  ])('%s belongs to %s', (file, folder) => {
    expect(nested.folderOf(file)).toBe(folder);
  });

  test('gives name, version, URL, licence and checksum of a package', () => {
    expect(nested.components(['node_modules/@s/c'])).toEqual([
      {
        type: 'library',
        'bom-ref': 'pkg:npm/%40s/c@1.0.0-c',
        name: '@s/c',
        version: '1.0.0-c',
        purl: 'pkg:npm/%40s/c@1.0.0-c',
        licenses: [{ expression: 'MIT' }],
        hashes: [{ alg: 'SHA-512', content: '000102' }],
      },
    ]);
  });

  test('that lacks a package says so', () => {
    expect(() => nested.closureOf('lost')).toThrow('has no gone, which node_modules/lost needs');
    expect(() => nested.components(['node_modules/z'])).toThrow('has no node_modules/z');
  });
});

describe('the Python packages of an image', () => {
  const exported = (...components: readonly (readonly [string, string?])[]) =>
    JSON.stringify({
      components: components.map(([name, marker]) => ({
        name,
        version: '1',
        purl: `pkg:pypi/${name}@1`,
        properties: marker === undefined ? [] : [{ name: 'uv:package:marker', value: marker }],
      })),
    });

  test('are those whose markers hold in the image', () => {
    const text = exported(
      ['b', "sys_platform == 'darwin' or sys_platform == 'linux'"],
      ['a'],
      ['old', "python_full_version < '3.11'"],
      ['windows', "sys_platform == 'win32'"],
    );
    expect(componentsOf(text).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test.each([
    ['training', '--no-default-groups'],
    ['mlflow', '--only-group mlflow-server'],
  ])('of %s are exported with the options by which the Dockerfile installs them', async (target, options) => {
    const programs = new PlayedPrograms(() => ({ stdout: exported() }));
    await pythonPackages(programs.run, 'uv', target);
    expect(programs.lines[0]).toContain(` ${options} `);
    const stages = readFileSync(`${repositoryRoot}/Dockerfile`, 'utf8').split(/^(?=FROM )/m);
    const named = (name: string) => stages.find((text) => text.split('\n')[0]?.endsWith(` AS ${name}`)) ?? '';
    const copied = [...named(target).matchAll(/^COPY --from=(\S+) \/opt\/venv /gm)].map(([, name = '']) =>
      named(name),
    );
    expect(copied).toEqual([expect.stringContaining(`uv sync --locked --quiet ${options}`)]);
  });
});

describe('the document', () => {
  const labels = { version: '1.2.3', created: '2026-01-01T00:00:00Z' };
  const components = lock.components(['node_modules/zod', 'node_modules/express']);
  const document = (order = components) => sbomDocument('loan-eligibility/tools', order, labels);

  test('is the same for the same packages, and another for others', () => {
    expect(document()).toBe(document());
    expect(document(components.slice(1))).not.toContain(JSON.parse(document()).serialNumber);
  });

  test('is CycloneDX about the image, which depends on every package', () => {
    expect(JSON.parse(document())).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      serialNumber: expect.stringMatching(
        /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      metadata: {
        timestamp: labels.created,
        component: { type: 'container', name: 'loan-eligibility/tools' },
      },
      dependencies: [{ ref: 'loan-eligibility/tools', dependsOn: components.map(({ purl }) => purl) }],
    });
  });
});

test('every image has a way to its packages', async () => {
  const programs = new PlayedPrograms(() => ({ stdout: '{"components":[]}' }));
  for (const { name, base } of IMAGE_TARGETS) {
    if (base === 'node') expect(() => nodePackages(name, {}, lock)).not.toThrow();
    else await expect(pythonPackages(programs.run, 'uv', name)).resolves.toEqual([]);
  }
});
