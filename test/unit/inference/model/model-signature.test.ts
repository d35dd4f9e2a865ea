import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fetchVersion } from '../../../../services/inference/model/fetch-version.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { checkModelSignature } from '../../../../services/inference/model/signature/check-model-signature.ts';
import {
  readSigningKeys,
  type SigningKeys,
} from '../../../../services/inference/model/signature/signing-keys.ts';
import { verifyModel } from '../../../../services/inference/model/verify-model.ts';
import { signingKeysOf } from '../../../../services/inference/signature-settings.ts';
import { artifactDigest } from '../../../../services/shared/contract/digest.ts';
import { RegistryError } from '../../../../services/shared/mlflow/registry-error.ts';
import { keyIdOf } from '../../../../services/shared/statements/envelope.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { loanArtifact } from '../../../support/model/loan-model.ts';
import { encodeOnnx } from '../../../support/model/onnx-graph.ts';
import { bundleOf, rootOf, signingStatement } from '../../../support/model/signed-bundle.ts';
import { propertyCases, propertyMilliseconds } from '../../../support/property-cases.ts';

const ci = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const release = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

const trusted: SigningKeys = {
  keys: [
    { name: 'ci', id: keyIdOf(ci.publicKey), key: ci.publicKey },
    { name: 'release', id: keyIdOf(release.publicKey), key: release.publicKey },
  ],
  faults: ['old.pem is no public key in PEM'],
};

/** Self-signed, of a key that nobody has. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBbDCCAROgAwIBAgIUTlJfLH/KZTiSMMKGP2r8xKMQib4wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjgxNTIwMDFaFw0yNjExMjkxNTIwMDFaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARA13Hn6P0WGKPP
mO4X4PFFh5/b/mK8+aOiUEdyPjmvMNGMOBf38AL7A9BVJ9dR5K15dYq+8qKxTLba
VIBBwRpVo1MwUTAdBgNVHQ4EFgQUt6o0XZZzjLouwzhaiCitrpVqHzMwHwYDVR0j
BBgwFoAUt6o0XZZzjLouwzhaiCitrpVqHzMwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNHADBEAiB6yTEWyJY9pPCGW5r9hP33X0tK1PFQtxxsyVQzydV4UgIg
cxR+ycTXYG1N7YuEcagR+HZGdJTvTN7E7Ozktiaa//Q=
-----END CERTIFICATE-----`;

const served = new Map<string, Uint8Array>([
  ['model.onnx', Buffer.from('graph')],
  ['serving.json', Buffer.from('{}')],
  ['weights/layer.data', Buffer.from('weights')],
]);

/** Checks the files that are loaded against a bundle in the registry. */
function check(
  bundle: Uint8Array | undefined,
  files: ReadonlyMap<string, Uint8Array> = served,
  keys: SigningKeys = trusted,
): Promise<void> {
  const registry = new FakeRegistry();
  registry.add('7', new Map([...files, ...(bundle === undefined ? [] : [['model.sig', bundle] as const])]));
  return checkModelSignature({ registry, name: 'loan-eligibility', version: '7', files }, keys);
}

const invalid = (message: RegExp) => ({
  name: 'ModelLoadError',
  reason: 'ModelSignatureInvalid',
  message: expect.stringMatching(message),
});

describe('a model that a trusted key signed', () => {
  test.each([
    ['P-256', ci.privateKey],
    ['P-384', release.privateKey],
  ])('is accepted: %s', async (_curve, key) => {
    await expect(check(bundleOf(signingStatement(served), key))).resolves.toBeUndefined();
  });

  test('may be signed with further files, which the service does not load', async () => {
    const all = new Map([...served, ['MLmodel', Buffer.from('flavors')], ['conda.yaml', Buffer.from('a')]]);
    await expect(check(bundleOf(signingStatement(all), ci.privateKey))).resolves.toBeUndefined();
  });

  test('is refused after any change of any file', async () => {
    const bundle = bundleOf(signingStatement(served), ci.privateKey);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...served.keys()),
        fc.uint8Array({ maxLength: 20 }),
        async (path, content) => {
          fc.pre(!Buffer.from(content).equals(served.get(path) ?? Buffer.of()));
          await expect(check(bundle, new Map(served).set(path, content))).rejects.toMatchObject(
            invalid(new RegExp(`: ${path} differs from the file that ci signed$`)),
          );
        },
      ),
      { numRuns: propertyCases(100) },
    );
  });

  test(
    'is refused after a change of any byte of its signature, its payload or the type of its payload',
    async () => {
      const bundle = JSON.parse(Buffer.from(bundleOf(signingStatement(served), ci.privateKey)).toString());
      const { payload, payloadType } = bundle.dsseEnvelope;
      const [{ sig }] = bundle.dsseEnvelope.signatures;
      const flipped = (text: string, place: number, bit: number) => {
        const bytes = Buffer.from(text, 'base64');
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        return bytes.toString('base64');
      };
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('sig', 'payload', 'type'),
          fc.nat(),
          fc.nat(7),
          async (member, place, bit) => {
            const envelope = {
              payloadType: member === 'type' ? `${payloadType}x` : payloadType,
              payload: member === 'payload' ? flipped(payload, place, bit) : payload,
              signatures: [{ keyid: '', sig: member === 'sig' ? flipped(sig, place, bit) : sig }],
            };
            const changed = Buffer.from(JSON.stringify({ ...bundle, dsseEnvelope: envelope }));
            await expect(check(changed)).rejects.toMatchObject({ reason: 'ModelSignatureInvalid' });
          },
        ),
        { numRuns: propertyCases(300) },
      );
    },
    propertyMilliseconds(),
  );

  test('is refused with a file that was not signed, for example a graph that MLmodel names later', async () => {
    const bundle = bundleOf(signingStatement(served), ci.privateKey);
    await expect(check(bundle, new Map(served).set('other.onnx', Buffer.of(1)))).rejects.toMatchObject(
      invalid(/^model.sig of loan-eligibility version 7: other.onnx is not among the files that ci signed$/),
    );
  });

  test('is refused without its serving.json, because a model without a contract has fewer checks', async () => {
    const bundle = bundleOf(signingStatement(served), ci.privateKey);
    const { 'serving.json': _removed, ...rest } = Object.fromEntries(served);
    await expect(check(bundle, new Map(Object.entries(rest)))).rejects.toMatchObject(
      invalid(/serving.json was signed by ci, and is missing/),
    );
  });
});

describe('a model without a good signature', () => {
  test('is refused as unsigned if there is no model.sig', async () => {
    await expect(check(undefined)).rejects.toMatchObject({
      name: 'ModelLoadError',
      reason: 'ModelSignatureMissing',
      message:
        'loan-eligibility version 7 has no model.sig, and this service demands a signature of the model',
    });
  });

  test('is refused if a stranger signed it, with the trusted keys and the files that hold none', async () => {
    await expect(check(bundleOf(signingStatement(served), stranger.privateKey))).rejects.toMatchObject(
      invalid(/no trusted key signed it \(trusted: ci, release; old.pem is no public key in PEM\)$/),
    );
  });

  const statement = signingStatement(served);
  const [first] = statement.predicate.resources;
  const twice = [...statement.predicate.resources, { ...(first as object), digest: '0'.repeat(64) }];
  test.each([
    ['another predicate', { ...statement, predicateType: 'https://slsa.dev/provenance/v1' }, /predicateType/],
    [
      'shards',
      {
        ...statement,
        predicate: { ...statement.predicate, serialization: { method: 'shards', hash_type: 'sha256' } },
      },
      /method: must be files: sign whole files and not shards/,
    ],
    [
      'another hash',
      {
        ...statement,
        predicate: { ...statement.predicate, serialization: { method: 'files', hash_type: 'blake3' } },
      },
      /hash_type: must be sha256/,
    ],
    [
      'a file twice',
      {
        ...statement,
        subject: [{ name: 'm', digest: { sha256: rootOf(twice as never) } }],
        predicate: { ...statement.predicate, resources: twice },
      },
      /predicate.resources names a file twice/,
    ],
    [
      'a hash over other files',
      { ...statement, subject: [{ name: 'm', digest: { sha256: '0'.repeat(64) } }] },
      /subject.0.digest.sha256 is not the hash over predicate.resources/,
    ],
    ['no files', { ...statement, predicate: { ...statement.predicate, resources: [] } }, /resources/],
  ])('is refused for a bundle with %s', async (_what, changed, message) => {
    await expect(check(bundleOf(changed, ci.privateKey))).rejects.toMatchObject(invalid(message));
  });

  test('is refused if the key signed the same text as something else', async () => {
    const bundle = bundleOf(signingStatement(served), ci.privateKey, 'application/vnd.example+json');
    await expect(check(bundle)).rejects.toMatchObject(
      invalid(/dsseEnvelope.payloadType must be application\/vnd.in-toto\+json/),
    );
  });

  test(
    'is refused whatever model.sig holds',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.uint8Array({ maxLength: 100 }),
            fc.json().map((text) => Buffer.from(text)),
            fc
              .record({ mediaType: fc.string(), dsseEnvelope: fc.jsonValue() })
              .map((value) => Buffer.from(JSON.stringify(value))),
          ),
          async (content) => {
            await expect(check(content)).rejects.toMatchObject({ reason: 'ModelSignatureInvalid' });
          },
        ),
        { numRuns: propertyCases(300) },
      );
    },
    propertyMilliseconds(),
  );

  test('is refused before a huge model.sig is downloaded', async () => {
    await expect(check(new Uint8Array(2 * 1024 * 1024 + 1))).rejects.toMatchObject(
      invalid(/has 2097153 bytes; the limit is 2097152/),
    );
  });

  test('is not refused for an outage of the registry', async () => {
    const registry = new FakeRegistry();
    registry.goDown();
    const version = { registry, name: 'loan-eligibility', version: '7', files: served };
    await expect(checkModelSignature(version, trusted)).rejects.toBeInstanceOf(RegistryError);
  });
});

describe('a message about many keys', () => {
  test('names some of them, and how many more there are', async () => {
    const some = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    const keys = some(50, 'k').map((name) => ({ name, id: keyIdOf(ci.publicKey), key: ci.publicKey }));
    const bundle = bundleOf(signingStatement(served), stranger.privateKey);
    await expect(check(bundle, served, { keys, faults: some(50, 'fault ') })).rejects.toMatchObject(
      invalid(/\(trusted: k0, k1, k2, .* k9, and 40 more; fault 0; .* fault 9; and 40 more\)$/),
    );
  });
});

describe('a model.sig that costs much', () => {
  test('is refused with more than one signature, as a bundle of Sigstore has one', async () => {
    const bundle = JSON.parse(Buffer.from(bundleOf(signingStatement(served), ci.privateKey)).toString());
    const [signature] = bundle.dsseEnvelope.signatures;
    const dsseEnvelope = { ...bundle.dsseEnvelope, signatures: [signature, signature] };
    await expect(check(Buffer.from(JSON.stringify({ ...bundle, dsseEnvelope })))).rejects.toMatchObject(
      invalid(/dsseEnvelope.signatures: must have one entry/),
    );
  });

  test('does not hold the event loop while it is tried with each key', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      return { name: `k${index}`, id: keyIdOf(publicKey), key: publicKey };
    });
    const bundle = bundleOf({ much: 'A'.repeat(1_400_000) }, stranger.privateKey);
    let turns = 0;
    let ended = false;
    const turn = () => {
      turns += 1;
      if (!ended) setImmediate(turn);
    };
    setImmediate(turn);
    await expect(check(bundle, served, { keys, faults: [] })).rejects.toMatchObject(
      invalid(/no trusted key signed it/),
    );
    ended = true;
    expect(turns).toBeGreaterThanOrEqual(keys.length - 1);
  });
});

describe('loading', () => {
  const files = loanArtifact();
  const load = (more: ReadonlyMap<string, Uint8Array>, signingKeys?: SigningKeys) => {
    const registry = new FakeRegistry();
    registry.add('7', new Map([...files, ...more]));
    return loadModel({ registry, name: 'loan', version: '7', requireContract: true, signingKeys });
  };
  const bundle = bundleOf(signingStatement(files), ci.privateKey);

  test('demands a signature only with keys, and the signature is no part of the digest', async () => {
    const unsigned = await load(new Map());
    const loaded = await load(new Map([['model.sig', bundle]]), trusted);
    expect(loaded.identity).toEqual(unsigned.identity);
    await expect(load(new Map(), trusted)).rejects.toMatchObject({ reason: 'ModelSignatureMissing' });
    await Promise.all([unsigned.close(), loaded.close()]);
  });

  test('tells a signature of other files before it reads the contract', async () => {
    const changed = new Map([
      ['serving.json', Buffer.from('not JSON')],
      ['model.sig', Buffer.from(bundle)],
    ]);
    await expect(load(changed, trusted)).rejects.toMatchObject(
      invalid(/serving.json differs from the file that ci signed/),
    );
  });
});

describe('whatever steers the answers of a model', () => {
  const graph = (weights: readonly number[]) =>
    encodeOnnx({
      inputs: [{ name: 'X', type: 'float32', shape: ['N', 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['N', 1] }],
      initializers: [{ name: 'weights', shape: [2, 1], values: weights }],
      nodes: [{ operator: 'MatMul', inputs: ['X', 'weights'], output: 'y' }],
    });
  const mlmodel = (columns: readonly string[], path = 'model.onnx') => {
    const inputs = JSON.stringify(columns.map((name) => ({ type: 'float', name })));
    return Buffer.from(`flavors: {onnx: {data: ${path}}}\nsignature: {inputs: '${inputs}'}\n`);
  };
  /** Two graphs, as in a directory with a leftover. The columns have no meaning but that of MLmodel. */
  const files = new Map<string, Uint8Array>([
    ['MLmodel', mlmodel(['a', 'b'])],
    ['model.onnx', graph([2, 3])],
    ['old.onnx', graph([-2, -3])],
  ]);
  const bundle = bundleOf(signingStatement(files), ci.privateKey);
  const registryOf = (changed: ReadonlyMap<string, Uint8Array>, signature = bundle) => {
    const registry = new FakeRegistry();
    registry.add('7', new Map([...changed, ['model.sig', signature]]));
    return registry;
  };
  const version = { name: 'm', version: '7', signingKeys: trusted };
  const answer = async (registry: FakeRegistry) => {
    const model = await loadModel({ ...version, registry, requireContract: false });
    const values: Record<string, number> = { a: 1, b: 10 };
    const inputs = model.inputs.map(({ name }) => {
      return { name, type: 'float32' as const, shape: [1, 1], data: Float32Array.of(values[name] ?? 0) };
    });
    const [output] = await model.infer(inputs);
    await model.close();
    return output?.data;
  };

  test('must be signed, also in MLmodel: the order of columns, and the graph', async () => {
    expect(await answer(registryOf(files))).toEqual(Float32Array.of(32));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(['a', 'b'], ['b', 'a'], ['a', 'c'], []),
        fc.constantFrom('model.onnx', 'old.onnx'),
        fc.constantFrom('', '\n', 'utc_time_created: 2026-11-28\n'),
        async (columns, path, more) => {
          const changed = Buffer.concat([mlmodel(columns, path), Buffer.from(more)]);
          fc.pre(!changed.equals(files.get('MLmodel') ?? Buffer.of()));
          const registry = registryOf(new Map(files).set('MLmodel', changed));
          await expect(answer(registry)).rejects.toMatchObject(
            invalid(/MLmodel differs from the file that ci signed/),
          );
        },
      ),
      { numRuns: propertyCases(30) },
    );
  });

  test('is not served with an MLmodel that nobody signed', async () => {
    const { MLmodel: _unsigned, ...rest } = Object.fromEntries(files);
    const signature = bundleOf(signingStatement(new Map(Object.entries(rest))), ci.privateKey);
    await expect(answer(registryOf(files, signature))).rejects.toMatchObject(
      invalid(/MLmodel is not among the files that ci signed/),
    );
  });

  test('is checked too before files are stored for a rollback', async () => {
    const digest = artifactDigest(new Map([['model.onnx', files.get('model.onnx') ?? Buffer.of()]]));
    const fetch = (changed: ReadonlyMap<string, Uint8Array>) =>
      fetchVersion({
        ...version,
        registry: registryOf(changed),
        digest,
        signal: new AbortController().signal,
      });
    await expect(fetch(files)).resolves.toBeUndefined();
    await expect(fetch(new Map(files).set('MLmodel', mlmodel(['b', 'a'])))).rejects.toMatchObject(
      invalid(/MLmodel differs from the file that ci signed/),
    );
  });

  test('is all that is read of the version', async () => {
    const read = new Set<string>();
    const registry = registryOf(loanArtifact(), bundleOf(signingStatement(loanArtifact()), ci.privateKey));
    const download = registry.downloadArtifact.bind(registry);
    registry.downloadArtifact = (name, number, path) => {
      read.add(path);
      return download(name, number, path);
    };
    await (await loadModel({ ...version, registry, requireContract: true })).close();
    for (const path of read) {
      if (path === 'model.sig') continue;
      const rest = new Map([...loanArtifact()].filter(([other]) => other !== path));
      const unsigned = registryOf(loanArtifact(), bundleOf(signingStatement(rest), ci.privateKey));
      await expect(
        loadModel({ ...version, registry: unsigned, requireContract: true }),
      ).rejects.toMatchObject(invalid(new RegExp(`${path} is not among the files that ci signed`)));
    }
  });
});

describe('verification', () => {
  const bundle = bundleOf(signingStatement(loanArtifact()), ci.privateKey);
  const verify = (version: string, stable: string) => {
    const registry = new FakeRegistry();
    registry.add('1', loanArtifact());
    registry.add('2', new Map([...loanArtifact(), ['model.sig', bundle]]));
    registry.add('3', new Map([...loanArtifact({ intercept: -1 }), ['model.sig', bundle]]));
    return verifyModel({
      registry,
      name: 'loan',
      version,
      stable: { registry, version: stable, digest: undefined },
      requireStableContract: true,
      signingKeys: trusted,
      maximumBatchP99Milliseconds: 60_000,
      monotonic: () => performance.now(),
    });
  };

  test('passes a signed version, also beside a stable version from before signatures', async () => {
    expect(await verify('2', '1')).toMatchObject({ passed: true, reason: 'Verified' });
  });

  test('refuses an unsigned version, and a version with the signature of other files', async () => {
    expect(await verify('1', '2')).toMatchObject({ passed: false, reason: 'ModelSignatureMissing' });
    expect(await verify('3', '2')).toMatchObject({
      passed: false,
      reason: 'ModelSignatureInvalid',
      message: expect.stringMatching(
        /^model.sig of loan version 3: model.onnx differs from the file that ci/,
      ),
    });
  });
});

describe('the directory of keys', () => {
  const directory = mkdtempSync(join(tmpdir(), 'signing-keys-'));
  const pem = ci.publicKey.export({ type: 'spki', format: 'pem' });
  const privatePem = stranger.privateKey.export({ type: 'pkcs8', format: 'pem' });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('without a usable key is no verdict on a model, and says what is wrong with each file', () => {
    expect(() => readSigningKeys(directory)).toThrow(
      /has no public key that may sign a model: it has no file/,
    );
    writeFileSync(join(directory, 'secret.pem'), privatePem);
    writeFileSync(join(directory, 'huge.pem'), 'x'.repeat(10_001));
    expect(() => readSigningKeys(directory)).toThrow(
      /huge.pem has more than 10000 bytes; secret.pem holds a private key; store the public key alone/,
    );
    expect(() => readSigningKeys(`${directory}/none`)).toThrow(/cannot be read: ENOENT. Mount the ConfigMap/);
  });

  test('is read at each load, so that keys can change while the service runs', () => {
    const keys = signingKeysOf({ REQUIRE_MODEL_SIGNATURE: true, MODEL_SIGNING_KEYS_DIRECTORY: directory });
    writeFileSync(join(directory, 'ci.pem'), pem);
    expect(keys?.().keys.map(({ name }) => name)).toEqual(['ci']);
    writeFileSync(join(directory, 'release.pem'), release.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(keys?.().keys.map(({ name }) => name)).toEqual(['ci', 'release']);
  });

  test('says how many files are not read, and which are not read for their name', () => {
    const many = mkdtempSync(join(directory, 'many-'));
    for (let index = 0; index < 53; index++)
      writeFileSync(join(many, `k${String(index).padStart(2, '0')}.pem`), pem);
    writeFileSync(join(many, 'CI.PEM'), pem);
    writeFileSync(join(many, 'README'), 'who is who');
    const { keys, faults } = readSigningKeys(many);
    expect(keys).toHaveLength(50);
    expect(faults).toEqual([
      '3 more files are not read, from k50.pem on; at most 50 are',
      'CI.PEM is not called NAME.pem',
    ]);
  });

  test('has one key in each file, so that no key is left out in silence', () => {
    const odd = mkdtempSync(join(directory, 'odd-'));
    const other = release.publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(join(odd, 'two.pem'), `${pem}${other}`);
    writeFileSync(join(odd, 'garbled.pem'), `${pem}-----BEGIN PUBLIC KEY-----\nAA`);
    writeFileSync(join(odd, 'certificate.pem'), CERTIFICATE);
    writeFileSync(join(odd, 'noted.pem'), `the key of ci\n${pem}`);
    expect(readSigningKeys(odd)).toMatchObject({
      keys: [{ name: 'noted' }],
      faults: [
        'certificate.pem holds a certificate; store its public key alone',
        'garbled.pem holds 2 blocks of PEM; store each key by itself',
        'two.pem holds 2 blocks of PEM; store each key by itself',
      ],
    });
  });

  test('is not read if no signature is demanded, and is missed if one is', () => {
    expect(signingKeysOf({ REQUIRE_MODEL_SIGNATURE: false })).toBeUndefined();
    expect(signingKeysOf({ REQUIRE_MODEL_SIGNATURE: true })).toThrow(
      /MODEL_SIGNING_KEYS_DIRECTORY is not set/,
    );
  });
});
