import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { BASE_IMAGES } from '../../../../scripts/images/base-images.ts';
import { IMAGE_TARGETS } from '../../../../scripts/images/targets.ts';
import { repositoryRoot } from '../../../../scripts/stack/paths.ts';

const dockerfile = readFileSync(`${repositoryRoot}/Dockerfile`, 'utf8');

/** The stages by name: what each begins with, and its instructions. */
const stages = new Map(
  dockerfile
    .split(/^(?=FROM )/m)
    .slice(1)
    .map((text) => {
      const [, from = '', name = ''] = /^FROM (.+) AS (\S+)$/m.exec(text) ?? [];
      return [name, { from, text }] as const;
    }),
);

/** A stage and those that it begins with, as one text. */
function instructions(name: string): string {
  const stage = stages.get(name);
  return stage ? instructions(stage.from) + stage.text : '';
}

describe.each(IMAGE_TARGETS)('the target $name', ({ name, base }) => {
  test('begins with its base image', () => {
    expect(instructions(name)).toContain(`FROM \${${BASE_IMAGES[base].argument}} AS `);
  });

  test.each(['title', 'description', 'licenses'])('has the label %s', (label) => {
    expect(instructions(name)).toContain(`org.opencontainers.image.${label}="`);
  });
});

test.each(Object.values(BASE_IMAGES))(
  '$argument has the tag as its default, for machines with their own image',
  ({ argument, tag }) => {
    expect(dockerfile).toContain(`\nARG ${argument}=${tag}\n`);
  },
);

describe('no platform is taken for granted', () => {
  const code = dockerfile.replaceAll(/^#.*$/gm, '');

  test('a platform is named only in the translation of its name', () => {
    const lines = code.split('\n').filter((line) => /amd64|x64|x86|arm64|aarch64/.test(line));
    expect(lines).toEqual([expect.stringContaining(`echo "$TARGETARCH" | sed 's/^amd64$/x64/'`)]);
  });

  test('only stages whose files are the same on every platform run on the machine that builds', () => {
    const local = [...stages].filter(([, { from }]) => from.includes('$BUILDPLATFORM')).map(([name]) => name);
    expect(local).toEqual(['node-modules']);
    for (const { name } of IMAGE_TARGETS) expect(instructions(name)).not.toContain('$BUILDPLATFORM');
  });

  test('every Python package with native code for Linux on x86-64 has it for arm64', () => {
    const lock = readFileSync(`${repositoryRoot}/jobs/training/uv.lock`, 'utf8');
    const wheels = lock.split('[[package]]').map((text) => ({
      name: /^name = "(.*)"$/m.exec(text)?.[1],
      files: [...text.matchAll(/\/([^/"]+-(?:cp311|abi3|py3)-[^/"]*manylinux[^/"]*\.whl)"/g)].map(
        ([, file]) => file ?? '',
      ),
    }));
    const native = wheels.filter(({ files }) => files.some((file) => file.includes('x86_64')));
    expect(native.length).toBeGreaterThan(20);
    const missing = native.filter(({ files }) => !files.some((file) => file.includes('aarch64')));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test.each(['x64', 'arm64'])('the Node packages bring their native code for Linux on %s', (architecture) => {
    for (const files of [
      `onnxruntime-node/bin/*/linux/${architecture}/onnxruntime_binding.node`,
      `leveldown/prebuilds/linux-${architecture}/*.node`,
    ])
      expect(globSync(`node_modules/${files}`, { cwd: repositoryRoot })).not.toEqual([]);
  });
});
