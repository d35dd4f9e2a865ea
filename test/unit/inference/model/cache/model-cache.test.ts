import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CachedVersion, ModelCache } from '../../../../../services/inference/model/cache/model-cache.ts';
import { fetchVersion } from '../../../../../services/inference/model/fetch-version.ts';
import { loadModel } from '../../../../../services/inference/model/load-model.ts';
import type { ArtifactSource } from '../../../../../services/inference/model/model-artifact.ts';
import { ModelLoadError } from '../../../../../services/inference/model/model-load-error.ts';
import { createLogger } from '../../../../../services/shared/logging.ts';
import { FakeRegistry } from '../../../../support/model/fake-registry.ts';
import { digestOf, loanArtifact } from '../../../../support/model/loan-model.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
const NAME = 'loan-eligibility';
const LIMIT_BYTES = 4 * 1024 ** 2;

let directory: string;
let registry: FakeRegistry;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'model-cache-'));
  registry = new FakeRegistry();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function cacheOf(limitBytes = LIMIT_BYTES, name = NAME): ModelCache {
  return new ModelCache({ directory, name, limitBytes, logger });
}

/** A version of a valid model whose files differ from those of every other number. */
function add(version: string, padding = 0): string {
  const files = loanArtifact().set(`${version}.data`, Buffer.alloc(padding, version));
  registry.add(version, files, { digest: digestOf(files) });
  return digestOf(files);
}

function use(version: string, digest: string) {
  return (source: ArtifactSource) =>
    loadModel({ registry: source, name: NAME, version, expectedDigest: digest, requireContract: true });
}

async function load(cache: ModelCache, version: string, digest: string): Promise<string> {
  const model = await cache.through({ version, digest }, registry, use(version, digest));
  await model.close();
  return model.identity.digest;
}

function fetched(cache: ModelCache, version: string, digest: string): Promise<void> {
  return cache.through({ version, digest }, registry, (source) =>
    fetchVersion({
      registry: source,
      name: NAME,
      version,
      digest,
      signingKeys: undefined,
      signal: new AbortController().signal,
    }),
  );
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

function bytesOnDisk(): number {
  return filesOf(directory).reduce((sum, path) => sum + statSync(path).size, 0);
}

/** Runs `act` without the rights of root, which may remove every file. The folders are of that user. */
async function asNobody(folders: readonly string[], act: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return act();
  const nobody = 65_534;
  for (const folder of folders) chownSync(folder, nobody, nobody);
  process.seteuid?.(nobody);
  try {
    await act();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a version that was loaded once', () => {
  test('is loaded again without the registry, also by a container that was started again', async () => {
    const digest = add('7');
    const cache = cacheOf();
    await load(cache, '7', digest);
    registry.goDown();
    expect(await load(cache, '7', digest)).toBe(digest);
    const model = await cacheOf().through({ version: '7', digest }, registry, use('7', digest));
    expect(model.identity).toEqual({ name: NAME, version: '7', runId: 'run-7', digest });
    await model.close();
  });

  test('is known by its number and its digest', async () => {
    const [seventh, eighth] = [add('7'), add('8')];
    const cache = cacheOf();
    await load(cache, '7', seventh);
    registry.goDown();
    await expect(load(cache, '8', eighth)).rejects.toMatchObject({ name: 'RegistryError' });
    await expect(load(cache, '8', seventh)).rejects.toMatchObject({ name: 'RegistryError' });
  });

  test('is kept beside another version with the same files', async () => {
    const [digest, files] = [add('7'), registry.versions.get('7')];
    registry.add('8', files?.files ?? new Map(), files?.tags);
    const cache = cacheOf();
    await load(cache, '7', digest);
    await load(cache, '8', digest);
    registry.goDown();
    for (const version of ['7', '8']) expect(await load(cache, version, digest)).toBe(digest);
  });

  test('is kept beside the same files under the same number of another model', async () => {
    const digest = add('7');
    await load(cacheOf(), '7', digest);
    const other = cacheOf(LIMIT_BYTES, 'another/model');
    expect(await other.has({ version: '7', digest })).toBe(false);
    const model = await other.through({ version: '7', digest }, registry, (source) =>
      loadModel({ registry: source, name: 'another/model', version: '7', requireContract: true }),
    );
    await model.close();
    registry.goDown();
    expect(await load(cacheOf(), '7', digest)).toBe(digest);
  });

  test('is asked from the registry if its name could lead out of the directory', async () => {
    const digest = add('7');
    registry.add('../7', registry.versions.get('7')?.files ?? new Map());
    const cache = cacheOf();
    expect(await load(cache, '../7', digest)).toBe(digest);
    expect(filesOf(directory)).toEqual([]);
  });

  test('is not kept if it was refused', async () => {
    add('7');
    const digest = `sha256:${'0'.repeat(64)}`;
    await expect(load(cacheOf(), '7', digest)).rejects.toMatchObject({ reason: 'DigestMismatch' });
    expect(filesOf(directory)).toEqual([]);
  });
});

describe('a version that was fetched', () => {
  test('is loaded without the registry, and nothing was loaded before', async () => {
    const digest = add('7');
    const cache = cacheOf();
    await fetched(cache, '7', digest);
    expect(await cache.has({ version: '7', digest })).toBe(true);
    registry.goDown();
    expect(await load(cache, '7', digest)).toBe(digest);
  });

  test('whose files are others is not kept', async () => {
    add('7');
    const digest = `sha256:${'1'.repeat(64)}`;
    await expect(fetched(cacheOf(), '7', digest)).rejects.toMatchObject({ reason: 'DigestMismatch' });
    expect(filesOf(directory)).toEqual([]);
  });
});

describe('a disk that is not trusted', () => {
  const damage = fc.record({
    file: fc.nat(),
    kind: fc.constantFrom(
      'flipped' as const,
      'cut' as const,
      'grown' as const,
      'removed' as const,
      'swapped' as const,
    ),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });

  function harm({ file, kind, at }: { file: number; kind: string; at: number }): void {
    const files = filesOf(directory);
    const path = files[file % files.length] ?? '';
    const content = readFileSync(path);
    const position = Math.floor(at * content.length);
    if (kind === 'removed') rmSync(path);
    else if (kind === 'cut') truncateSync(path, position);
    else if (kind === 'grown') writeFileSync(path, Buffer.concat([content, Buffer.from('x')]));
    else if (kind === 'swapped') writeFileSync(path, readFileSync(files[(file + 1) % files.length] ?? ''));
    else {
      content[position] = (content[position] ?? 0) ^ 1;
      writeFileSync(path, content);
    }
  }

  test('never gives other files: they are fetched again, or the load waits for the registry', async () => {
    const digest = add('7', 100);
    await fc.assert(
      fc.asyncProperty(damage, fc.boolean(), fc.boolean(), async (damaged, restarted, down) => {
        registry.comeBack();
        const cache = cacheOf();
        await load(cache, '7', digest);
        harm(damaged);
        if (down) registry.goDown();
        const loading = load(restarted ? cacheOf() : cache, '7', digest);
        if (down) await expect(loading).rejects.toMatchObject({ name: 'RegistryError' });
        else expect(await loading).toBe(digest);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps no entry that is not whole, and no download that was not finished', async () => {
    const digest = add('7');
    await load(cacheOf(), '7', digest);
    const [entry = ''] = readdirSync(directory);
    writeFileSync(join(directory, entry, 'manifest.json'), '{}');
    mkdirSync(join(directory, 'part-6f3c1c52-0c7e-4b5d-9a52-f6bb1a0f5d61'));
    writeFileSync(join(directory, 'part-6f3c1c52-0c7e-4b5d-9a52-f6bb1a0f5d61', '0'), 'half a file');
    expect(await cacheOf().has({ version: '7', digest })).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('that holds files of others leaves them there', async () => {
    const name = fc
      .stringMatching(/^(?:part-|sha256-|\d-)?[a-z0-9.-]{1,70}$/)
      .filter((text) => !/^\.+$/.test(text));
    const digest = add('7');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (names, isFile) => {
          rmSync(directory, { recursive: true, force: true });
          mkdirSync(directory);
          for (const other of names) {
            if (isFile) writeFileSync(join(directory, other), 'x');
            else mkdirSync(join(directory, other, 'photos'), { recursive: true });
          }
          const cache = cacheOf();
          expect(await load(cache, '7', digest)).toBe(digest);
          expect(await cache.has({ version: '7', digest })).toBe(true);
          expect(await cacheOf().has({ version: '7', digest })).toBe(true);
          expect(readdirSync(directory)).toEqual(expect.arrayContaining(names));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('whose files cannot all be removed still keeps versions, within its limit', async () => {
    const [seventh, eighth, ninth] = [add('7', 300 * 1024), add('8', 300 * 1024), add('9', 10 * 1024)];
    const limit = 512 * 1024;
    await load(cacheOf(limit), '7', seventh);
    const [entry = ''] = readdirSync(directory);
    writeFileSync(join(directory, entry, 'manifest.json'), '{}');
    await asNobody([join(directory, entry), directory], async () => {
      chmodSync(join(directory, entry), 0o500);
      for (const cache of [cacheOf(limit), cacheOf(limit)]) {
        expect(await load(cache, '7', seventh)).toBe(seventh);
        expect(await load(cache, '8', eighth)).toBe(eighth);
        expect(await load(cache, '9', ninth)).toBe(ninth);
        const kept = [
          { version: '7', digest: seventh },
          { version: '8', digest: eighth },
          { version: '9', digest: ninth },
        ];
        expect(await Promise.all(kept.map((version) => cache.has(version)))).toEqual([false, false, true]);
      }
      expect(bytesOnDisk()).toBeLessThanOrEqual(limit);
      chmodSync(join(directory, entry), 0o700);
    });
  });

  test('that cannot be written to does not keep a version from service', async () => {
    const digest = add('7');
    const blocked = join(directory, 'a-file');
    writeFileSync(blocked, '');
    const cache = new ModelCache({ directory: blocked, name: NAME, limitBytes: LIMIT_BYTES, logger });
    expect(await load(cache, '7', digest)).toBe(digest);
    expect(await cache.has({ version: '7', digest })).toBe(false);
  });
});

describe('a version on disk that does not pass', () => {
  test('stays there for a later try if only memory or a key is missing', async () => {
    const digest = add('7');
    const cache = cacheOf();
    await load(cache, '7', digest);
    const refuse = (reason: 'ArtifactTooLarge' | 'ModelSignatureMissing') =>
      cache.through({ version: '7', digest }, registry, async () => {
        throw new ModelLoadError(reason, 'no');
      });
    registry.goDown();
    await expect(refuse('ArtifactTooLarge')).rejects.toMatchObject({ reason: 'ArtifactTooLarge' });
    await expect(refuse('ModelSignatureMissing')).rejects.toMatchObject({ reason: 'ModelSignatureMissing' });
    expect(await load(cache, '7', digest)).toBe(digest);
  });
});

test('a version that is fetched anew takes the room of its files that do not pass', async () => {
  const digest = add('7', 300 * 1024);
  const cache = cacheOf(512 * 1024);
  cache.keep([{ version: '7', digest }]);
  await load(cache, '7', digest);
  const { files = new Map(), tags } = registry.versions.get('7') ?? {};
  registry.add('7', new Map([...files, ['model.sig', Buffer.from('new')]]), tags);
  const signature = async (source: ArtifactSource) => {
    await source.getVersion(NAME, '7');
    for (const { path, sizeBytes } of await source.listArtifacts(NAME, '7'))
      await source.downloadArtifact(NAME, '7', path, sizeBytes);
    const listing = await source.listArtifacts(NAME, '7');
    if (listing.some(({ path }) => path === 'model.sig')) return 'signed';
    throw new ModelLoadError('ModelSignatureMissing', 'no');
  };
  expect(await cache.through({ version: '7', digest }, registry, signature)).toBe('signed');
  expect(bytesOnDisk()).toBeLessThanOrEqual(512 * 1024);
  registry.goDown();
  expect(await cache.through({ version: '7', digest }, registry, signature)).toBe('signed');
});

describe('the room on disk', () => {
  const order = fc.array(
    fc.record({ version: fc.integer({ min: 1, max: 6 }), restart: fc.boolean(), keep: fc.boolean() }),
    { minLength: 1, maxLength: 15 },
  );

  test('is never exceeded, and kept versions make no room for others', async () => {
    const limit = 512 * 1024;
    const digests = [0, 30, 100, 150, 200, 300, 900].map((kibibytes, index) =>
      add(String(index), kibibytes * 1024),
    );
    await fc.assert(
      fc.asyncProperty(order, async (steps) => {
        rmSync(directory, { recursive: true, force: true });
        let cache = cacheOf(limit);
        let kept: CachedVersion[] = [];
        for (const { version, restart, keep } of steps) {
          const digest = digests[version] ?? '';
          if (restart) {
            cache = cacheOf(limit);
            cache.keep(kept);
          }
          const before = await Promise.all(kept.map((other) => cache.has(other)));
          expect(await load(cache, String(version), digest)).toBe(digest);
          const after = await Promise.all(kept.map((other) => cache.has(other)));
          before.forEach((was, index) => {
            if (was) expect(after[index]).toBe(true);
          });
          expect(bytesOnDisk()).toBeLessThanOrEqual(limit);
          if (keep) kept = [{ version: String(version), digest }];
          cache.keep(kept);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('goes to the versions that were used last', async () => {
    const cache = cacheOf(512 * 1024);
    const [one, two, three] = ['1', '2', '3'].map((version) => add(version, 200 * 1024)) as [
      string,
      string,
      string,
    ];
    await load(cache, '1', one);
    await load(cache, '2', two);
    await load(cache, '1', one);
    await load(cache, '3', three);
    expect(
      await Promise.all(
        [one, two, three].map((digest, index) => cache.has({ version: String(index + 1), digest })),
      ),
    ).toEqual([true, false, true]);
  });
});
