import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kind } from '../../../../charts/environments.ts';
import { BASE_IMAGES, baseImageReference } from '../../../../scripts/images/base-images.ts';
import { type BuildFacts, planBuilds } from '../../../../scripts/images/plan.ts';
import { readBuildSettings } from '../../../../scripts/images/settings.ts';
import { IMAGE_TARGETS } from '../../../../scripts/images/targets.ts';

const PULLED = { chosen: undefined, madeHere: false };
const MADE_HERE = { chosen: undefined, madeHere: true };

const facts: BuildFacts = {
  buildx: true,
  bases: { node: PULLED, python: PULLED },
  labels: { version: '1.2.3', revision: 'abc', created: undefined },
};

/** The command lines of a plan. */
function lines(environment: Readonly<Record<string, string>>, changes: Partial<BuildFacts> = {}): string[] {
  return planBuilds(readBuildSettings(environment), { ...facts, ...changes }).flatMap(({ commands }) =>
    commands.map((command) => command.join(' ')),
  );
}

test('every target is built under the name that the manifests for kind have', () => {
  const builds = planBuilds(readBuildSettings({}), facts);
  expect(builds.map(({ image }) => image)).toEqual(
    IMAGE_TARGETS.map(({ name }) => `${kind.images.prefix}/${name}:${kind.images.tag}`),
  );
  expect(lines({ IMAGES: 'operator,tools' })).toHaveLength(2);
});

describe('with buildx', () => {
  test('an image goes into the engine, which can hold no attestation', () => {
    for (const line of lines({})) {
      expect(line).toMatch(/^buildx build .* --load --provenance=false \.$/);
      expect(line).not.toContain('--sbom');
    }
  });

  test.each([
    [{ PUSH: 'true', REGISTRY: 'r.example/x' }, / --push --provenance=mode=max --sbom=true \.$/],
    [
      { OUTPUT: 'out' },
      / --output type=oci,dest=out\/\w+-0\.1\.0\.tar --provenance=mode=max --sbom=true \.$/,
    ],
  ])('a build for %j gets an SBOM and its provenance, for both platforms', (environment, end) => {
    for (const line of lines({ ...environment, PLATFORMS: 'linux/amd64,linux/arm64' })) {
      expect(line).toMatch(end);
      expect(line).toContain('--platform linux/amd64,linux/arm64 ');
    }
  });
});

describe('without buildx', () => {
  const plain = { buildx: false };

  test('the client builds by itself, and pushes afterwards', () => {
    expect(lines({ IMAGES: 'tools' }, plain)[0]).toMatch(
      /^build --target tools --tag loan-eligibility\/tools:/,
    );
    const pushed = lines({ IMAGES: 'tools', PUSH: 'true', REGISTRY: 'r.example/x', TAG: '7' }, plain);
    expect(pushed).toEqual([expect.stringMatching(/^build /), 'push r.example/x/tools:7']);
  });

  test.each([{ PLATFORMS: 'linux/arm64' }, { OUTPUT: 'out' }])(
    '%j is refused, with what to do',
    (environment) => {
      expect(() => lines(environment, plain)).toThrow(/needs buildx.*install the plug-in/);
    },
  );
});

describe('a base image', () => {
  test('is named by its digest', () => {
    for (const line of lines({})) expect(line).toMatch(/--build-arg \w+_IMAGE=\S+@sha256:[0-9a-f]{64} /);
  });

  test('that was made on this machine is named by its tag, unless the build does not see this engine', () => {
    const bases = { node: MADE_HERE, python: PULLED };
    expect(lines({ IMAGES: 'tools' }, { bases })[0]).toContain(`NODE_IMAGE=${BASE_IMAGES.node.tag} `);
    expect(lines({ IMAGES: 'tools', OUTPUT: 'out' }, { bases })[0]).toContain(BASE_IMAGES.node.digest);
  });

  test('that the user names is taken as it is', () => {
    expect(baseImageReference('python', { chosen: 'mine:1', madeHere: true })).toBe('mine:1');
  });
});

test('labels that are not known are left out', () => {
  const [line] = lines({ IMAGES: 'tools' });
  expect(line).toContain(
    '--label org.opencontainers.image.version=1.2.3 --label org.opencontainers.image.revision=abc ',
  );
  expect(line).not.toContain('created');
});

describe('a wrong setting is named', () => {
  test.each([
    [{ PLATFORMS: 'linux/amd64,linux/arm64' }, /PLATFORMS: .*one platform: set PUSH=true, or OUTPUT/],
    [{ PLATFORMS: 'linux/s390x' }, /PLATFORMS: linux\/s390x is not built/],
    [
      { PUSH: 'true' },
      /REGISTRY is missing: PUSH needs a registry, and .*k8s\/kind names the images loan-eligibility/,
    ],
    [{ PUSH: 'true', REGISTRY: 'myuser' }, /REGISTRY = myuser has no host\. .*docker\.io\/myuser/],
    [{ PUSH: 'true', REGISTRY: 'r/x', OUTPUT: 'o' }, /OUTPUT: excludes PUSH/],
    [{ TAG: 'latest' }, /TAG is "latest": must be a tag other than latest/],
    [{ REGISTRY: 'https://r.example/x' }, /REGISTRY is .*without a scheme/],
    [{ REGISTRY: 'r.example/x/' }, /REGISTRY is .*without a trailing slash/],
    [{ SOURCE: 'nowhere' }, /SOURCE is "nowhere"/],
  ])('%j', (environment, message) => {
    expect(() => readBuildSettings(environment)).toThrow(message);
  });

  test('an image that does not exist, with those that do', () => {
    expect(() => lines({ IMAGES: 'infrence' })).toThrow(
      /infrence: no such image; there are inference, operator/,
    );
  });
});

test('no setting makes an option of its own on the command line', () => {
  const name = fc.stringMatching(/^[a-z0-9:./ $;-]{1,30}$/);
  fc.assert(
    fc.property(name, name, (REGISTRY, TAG) => {
      let built: readonly { readonly commands: readonly (readonly string[])[] }[];
      try {
        built = planBuilds(readBuildSettings({ REGISTRY, TAG, PUSH: 'true' }), facts);
      } catch {
        return; // It was refused.
      }
      for (const { commands } of built)
        for (const [index, argument] of (commands[0] ?? []).entries())
          if (commands[0]?.[index - 1] === '--tag') expect(argument).toMatch(/^[a-z0-9][^\s$;]*$/);
    }),
  );
});
