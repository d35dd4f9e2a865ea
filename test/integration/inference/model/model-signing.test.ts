import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Inference, startInference } from '../../../../scripts/stack/inference.ts';
import { ManagedProcess } from '../../../../scripts/stack/managed-process.ts';
import { repositoryRoot, trainingBin } from '../../../../scripts/stack/paths.ts';
import { pythonEnvironment } from '../../../clients/python-environment.ts';
import { FOREIGN_CONTRACT, foreignArtifact, foreignGraph } from '../../../support/model/foreign-model.ts';
import { digestOf, loanArtifact } from '../../../support/model/loan-model.ts';
import { encodeOnnx } from '../../../support/model/onnx-graph.ts';
import { registerVersion } from '../../../support/register-version.ts';
import { sharedMlflow } from '../../../support/shared-servers.ts';
import { until } from '../../../support/until.ts';

const run = promisify(execFile);

const INSTALL_MILLISECONDS = 400_000;
const TEST_MILLISECONDS = 120_000;

/** Weights in a folder, so that a signature has paths. */
const WEIGHTS = 'parts/weights.bin';
const GRAPH = encodeOnnx({
  ...foreignGraph(),
  initializers: foreignGraph().initializers.map((initializer) =>
    initializer.name === 'factor' ? { ...initializer, values: { externalPath: WEIGHTS } } : initializer,
  ),
});
const ONE = new Uint8Array(Float32Array.of(1).buffer);

const SCHEMA = `name: leaving
label: {column: left, positive: ["1"], negative: ["0"]}
decision: {name: leaves, positive: leaves, negative: stays, threshold: 0.5}
columns:
  - {name: x, type: number, minimum: 0, maximum: 1, required: true}
`;

/** The reference implementation of OpenSSF Model Signing, in an environment of its own. */
let reference: {
  sign(directory: string, key: string): Promise<void>;
  verify(directory: string, key: string): Promise<string>;
};
let mlflowUrl: string;
const root = mkdtempSync(join(tmpdir(), 'model-signing-'));
const keys = join(root, 'keys');

beforeAll(async () => {
  const [bin, url] = await Promise.all([
    pythonEnvironment('test/clients/model-signing-requirements.txt', { complete: true }),
    sharedMlflow(),
  ]);
  mlflowUrl = url;
  const command = async (...args: readonly string[]) => {
    const { stdout, stderr } = await run(`${bin}/model_signing`, args).catch((error) => error);
    return `${stdout}${stderr}`.trim();
  };
  reference = {
    sign: async (directory, key) => {
      const signature = join(directory, 'model.sig');
      const said = await command('sign', 'key', directory, '--private_key', key, '--signature', signature);
      expect(said).toContain('Signing succeeded');
    },
    verify: (directory, key) =>
      command(
        ...['verify', 'key', directory, '--signature', join(directory, 'model.sig'), '--public_key', key],
        '--ignore_unsigned_files',
      ),
  };
  mkdirSync(keys);
}, INSTALL_MILLISECONDS);

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Makes a key pair. The public key is trusted. @returns the paths of both */
function trustedKey(name: string, namedCurve: 'P-256' | 'P-384'): { key: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve });
  const key = join(root, `${name}-private.pem`);
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const publicKey = join(keys, `${name}.pem`);
  writeFileSync(
    publicKey,
    createPublicKey(createPrivateKey(readFileSync(key))).export({ type: 'spki', format: 'pem' }),
  );
  return { key, publicKey };
}

/** Runs the verification as its Job does, with the policy that demands a signature. */
async function verification(name: string, version: string, keysDirectory = keys) {
  const message = join(root, `${name}-${version}.log`);
  const job = new ManagedProcess({
    name: 'verify',
    command: process.execPath,
    arguments: [`${repositoryRoot}/services/inference/verify.ts`],
    environment: {
      MODEL_NAME: name,
      MODEL_VERSION: version,
      CANDIDATE_TRACKING_URI: mlflowUrl,
      MAX_BATCH_P99_MILLISECONDS: '10000',
      TERMINATION_MESSAGE_PATH: message,
      REQUIRE_MODEL_SIGNATURE: 'true',
      MODEL_SIGNING_KEYS_DIRECTORY: keysDirectory,
    },
    logFile: join(root, 'verify.log'),
  });
  const code = await job.exit();
  return { code, ...JSON.parse(readFileSync(message, 'utf8')) };
}

function filesBelow(directory: string): Map<string, Uint8Array> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1), readFileSync(path)] as const),
  );
}

function written(name: string, files: ReadonlyMap<string, Uint8Array>): string {
  const directory = join(root, name);
  for (const [path, content] of files) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

describe('a model that loan-training signed', () => {
  const name = 'signed-by-training';
  let directory: string;
  let publicKey: string;

  beforeAll(async () => {
    const made = trustedKey('training', 'P-256');
    publicKey = made.publicKey;
    const source = written(
      'source',
      new Map([
        ['model.onnx', GRAPH],
        [WEIGHTS, ONE],
      ]),
    );
    writeFileSync(join(root, 'schema.yaml'), SCHEMA);
    await run(`${trainingBin}/loan-training`, [
      ...['contract', '--model', join(source, 'model.onnx'), '--schema', join(root, 'schema.yaml'), '--log'],
      ...['--model-name', name, '--tracking-uri', mlflowUrl, '--model-signing-key', made.key],
    ]);
    directory = join(root, 'downloaded');
    const uri = `models:/${name}/1`;
    const download = ['artifacts', 'download', '--artifact-uri', uri, '--dst-path', directory];
    await run(`${trainingBin}/mlflow`, download, { env: { ...process.env, MLFLOW_TRACKING_URI: mlflowUrl } });
  }, TEST_MILLISECONDS);

  test(
    'passes the verification that demands a signature',
    async () => {
      expect(await verification(name, '1')).toMatchObject({ code: 0, passed: true, reason: 'Verified' });
    },
    TEST_MILLISECONDS,
  );

  test(
    'passes the reference implementation, weights included',
    async () => {
      expect([...filesBelow(directory).keys()]).toEqual(
        expect.arrayContaining(['MLmodel', 'model.onnx', 'model.sig', 'serving.json', WEIGHTS]),
      );
      expect(await reference.verify(directory, publicKey)).toBe('Verification succeeded');
    },
    TEST_MILLISECONDS,
  );

  test.each(['MLmodel', 'model.onnx', 'serving.json', WEIGHTS])(
    'is refused by both after a change of %s',
    async (path) => {
      const copy = join(root, `changed-${path.replace('/', '-')}`);
      cpSync(directory, copy, { recursive: true });
      writeFileSync(join(copy, path), Buffer.concat([readFileSync(join(copy, path)), Buffer.from('\n')]));
      // Python escapes the quotes of this list if a digest happens to hold a quote.
      const told = (await reference.verify(copy, publicKey)).replaceAll('\\', '');
      expect(told).toContain(`Hash mismatch for '${path}'`);
      const version = await registerVersion(mlflowUrl, { name, files: filesBelow(copy) });
      expect(await verification(name, version)).toMatchObject({
        code: 1,
        reason: 'ModelSignatureInvalid',
        message: `model.sig of ${name} version ${version}: ${path} differs from the file that training signed`,
      });
    },
    TEST_MILLISECONDS,
  );

  test(
    'is refused by both with the key of somebody else',
    async () => {
      const stranger = trustedKey('stranger', 'P-256');
      expect(await reference.verify(directory, stranger.publicKey)).toContain('Verification failed');
      const others = join(root, 'other-keys');
      mkdirSync(others);
      cpSync(stranger.publicKey, join(others, 'stranger.pem'));
      rmSync(stranger.publicKey);
      expect(await verification(name, '1', others)).toMatchObject({
        code: 1,
        reason: 'ModelSignatureInvalid',
        message: expect.stringContaining('no trusted key signed it (trusted: stranger)'),
      });
    },
    TEST_MILLISECONDS,
  );

  test(
    'has no verdict without a key, because the installation is at fault',
    async () => {
      expect(await verification(name, '1', join(root, 'nowhere'))).toMatchObject({
        code: 2,
        reason: 'VerificationInterrupted',
        message: expect.stringContaining('cannot be read: ENOENT. Mount the ConfigMap with the keys there'),
      });
    },
    TEST_MILLISECONDS,
  );
});

describe.each(['P-256', 'P-384'] as const)(
  'a model that the reference implementation signed with %s',
  (curve) => {
    const name = `signed-by-reference-${curve.toLowerCase()}`;
    let files: Map<string, Uint8Array>;

    beforeAll(async () => {
      const { key } = trustedKey(`reference-${curve}`, curve);
      const served = foreignArtifact(GRAPH, FOREIGN_CONTRACT).set(WEIGHTS, ONE);
      const directory = written(name, served);
      await reference.sign(directory, key);
      files = filesBelow(directory);
    }, TEST_MILLISECONDS);

    test(
      'passes the verification',
      async () => {
        const version = await registerVersion(mlflowUrl, { name, files });
        expect(await verification(name, version)).toMatchObject({ code: 0, passed: true });
      },
      TEST_MILLISECONDS,
    );

    test(
      'is refused with another MLmodel, which may name other columns and another graph',
      async () => {
        const mlmodel = Buffer.concat([files.get('MLmodel') ?? Buffer.of(), Buffer.from('model_uuid: 1\n')]);
        const changed = await registerVersion(mlflowUrl, {
          name,
          files: new Map(files).set('MLmodel', mlmodel),
        });
        expect(await verification(name, changed)).toMatchObject({
          code: 1,
          reason: 'ModelSignatureInvalid',
          message: expect.stringMatching(/: MLmodel differs from the file that reference-.* signed$/),
        });

        const hidden = Buffer.from(String(mlmodel).replace('model.onnx', 'other.onnx'));
        const swapped = new Map(files)
          .set('MLmodel', hidden)
          .set('other.onnx', files.get('model.onnx') ?? Buffer.of());
        const bad = await registerVersion(mlflowUrl, { name, files: swapped });
        expect(await verification(name, bad)).toMatchObject({
          code: 1,
          reason: 'ModelSignatureInvalid',
          message: expect.stringContaining('other.onnx is not among the files'),
        });
      },
      TEST_MILLISECONDS,
    );

    test(
      'is refused without its signature',
      async () => {
        const unsigned = new Map(files);
        unsigned.delete('model.sig');
        const version = await registerVersion(mlflowUrl, { name, files: unsigned });
        expect(await verification(name, version)).toMatchObject({ code: 1, reason: 'ModelSignatureMissing' });
      },
      TEST_MILLISECONDS,
    );
  },
);

describe('a pod that demands a signature', () => {
  const name = 'demanding-pod';
  let service: Inference | undefined;

  afterAll(async () => {
    await service?.stop();
  }, TEST_MILLISECONDS);

  test(
    'is not ready with an unsigned version, says why, and serves once the version is signed',
    async () => {
      const files = loanArtifact();
      const digest = digestOf(files);
      const version = await registerVersion(mlflowUrl, { name, files, tags: { digest } });
      const { key } = trustedKey('pod', 'P-256');
      service = await startInference({
        directory: root,
        mlflowUrl,
        kinesisUrl: '',
        streams: { input: '', output: '', rejects: '' },
        environment: {
          MODEL_NAME: name,
          MODEL_VERSION: version,
          MODEL_DIGEST: digest,
          REQUIRE_MODEL_SIGNATURE: 'true',
          MODEL_SIGNING_KEYS_DIRECTORY: keys,
        },
      });
      const { url } = service;
      const ready = async () => {
        const response = await fetch(`${url}/readyz`).catch(() => undefined);
        return { status: response?.status, text: (await response?.text()) ?? '' };
      };
      await until(
        'it says why',
        async () => (await ready()).text.includes('ModelSignatureMissing'),
        TEST_MILLISECONDS / 2,
      );
      expect((await ready()).status).toBe(503);
      await run(`${trainingBin}/loan-training`, [
        ...['sign', '--model-uri', `models:/${name}/${version}`],
        ...['--tracking-uri', mlflowUrl, '--model-signing-key', key],
      ]);
      await until('it is ready', async () => (await ready()).status === 200, TEST_MILLISECONDS / 2);
    },
    TEST_MILLISECONDS,
  );
});
