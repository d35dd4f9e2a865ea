import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { rollbackVersions } from '../../../../../services/inference/decision/route/candidate-watch.ts';
import { createInferenceMetrics } from '../../../../../services/inference/metrics.ts';
import type { WantedVersion } from '../../../../../services/inference/model/cache/prefetcher.ts';
import { RollbackFiles } from '../../../../../services/inference/model/cache/rollback-files.ts';
import { ModelSource } from '../../../../../services/inference/model/model-source.ts';
import type { SigningKeys } from '../../../../../services/inference/model/signature/signing-keys.ts';
import { createLogger } from '../../../../../services/shared/logging.ts';
import type { ModelRegistry } from '../../../../../services/shared/mlflow/model-registry.ts';
import { keyIdOf } from '../../../../../services/shared/statements/envelope.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { FakeRegistry } from '../../../../support/model/fake-registry.ts';
import { digestOf, loanArtifact } from '../../../../support/model/loan-model.ts';
import { bundleOf, signingStatement } from '../../../../support/model/signed-bundle.ts';
import { until } from '../../../../support/until.ts';

const logger = createLogger({ component: 'test', level: 'silent' });
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollback-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function pod(signingKeys?: () => SigningKeys, pinned?: WantedVersion) {
  const registry = new FakeRegistry();
  const clock = new ManualClock();
  const metricsRegistry = new Registry();
  const metrics = createInferenceMetrics(metricsRegistry);
  const files: RollbackFiles = new RollbackFiles({
    directory,
    name: 'loan-eligibility',
    limitBytes: 4 * 1024 ** 2,
    pinned,
    fetch: (wanted, signal) => source.prefetch(wanted, signal),
    metrics,
    clock,
    logger,
  });
  const source = new ModelSource({
    registry: registry as unknown as ModelRegistry,
    name: 'loan-eligibility',
    requireContract: true,
    signingKeys,
    cache: files.cache,
    reportRegistry: () => {},
    reportModel: () => {},
    metrics,
    clock,
    logger,
  });
  const shown = async () => {
    const { values } = (await metricsRegistry.getSingleMetric('inference_rollback_files')?.get()) ?? {
      values: [],
    };
    return values.map(({ labels, value }) => `${labels.model_version}: ${value}`);
  };
  return { registry, clock, files, source, shown };
}

test('the version to which a rollback may go is fetched as soon as MLflow answers, and loads without it', async () => {
  const { registry, clock, files, source, shown } = pod();
  const artifact = loanArtifact();
  const wanted = { version: '6', digest: digestOf(artifact) };
  registry.add('6', artifact, { digest: wanted.digest });
  registry.goDown();
  files.want([wanted]);
  expect(await shown()).toEqual(['6: 0']);
  await until('it waits to try again', () => clock.sleeping > 0);
  registry.comeBack();
  clock.advance(300_000);
  await until('the files are there', () => files.cache.has(wanted));
  expect(await shown()).toEqual(['6: 1']);
  registry.goDown();
  const model = await source.load(wanted, new AbortController().signal);
  expect(model.identity.version).toBe('6');
  await model.close();
  files.want([]);
  expect(await shown()).toEqual([]);
  files.stop();
});

test('a pod keeps the stable version and the version before it, except its own', () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const status = {
    stable: { version: '7', runId: '', digest: digest('a'), since: '' },
    fallback: { version: '6', digest: digest('b') },
  };
  const numbers = (pinned?: string) => rollbackVersions(status, pinned).map(({ version }) => version);
  expect(numbers('7')).toEqual(['6']);
  expect(numbers('8')).toEqual(['7', '6']);
  expect(numbers('6')).toEqual(['7']);
  expect(rollbackVersions({ ...status, fallback: { version: '6', digest: '' } }, '7')).toEqual([]);
  expect(rollbackVersions(undefined, '7')).toEqual([]);
});

describe('when a key that signs models is replaced', () => {
  const [first, second] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [
    KeyPair,
    KeyPair,
  ];
  const digest = digestOf(loanArtifact());

  interface KeyPair {
    readonly publicKey: KeyObject;
    readonly privateKey: KeyObject;
  }

  function signedBy({ privateKey }: KeyPair): Map<string, Uint8Array> {
    const files = loanArtifact();
    return files.set('model.sig', bundleOf(signingStatement(files), privateKey));
  }

  /** A pod that has fetched version 6, or is pinned to it, while the first key was trusted. */
  async function podOfFirstKey(role: 'pinned' | 'wanted') {
    let trusted = [first];
    const keys = () => ({
      keys: trusted.map(({ publicKey }) => ({ name: 'ci', id: keyIdOf(publicKey), key: publicKey })),
      faults: [],
    });
    const version = { version: '6', digest };
    const made = pod(keys, role === 'pinned' ? version : undefined);
    const { registry, clock, files, source } = made;
    registry.add('6', signedBy(first), { digest });
    if (role === 'pinned') await (await source.load(version, new AbortController().signal)).close();
    files.want(role === 'pinned' ? [] : [version]);
    await until('it is there, and is checked later', () => files.cache.holds(version) && clock.sleeping > 0);
    const trust = async (...pairs: KeyPair[]) => {
      trusted = pairs;
      clock.advance(300_000);
      await until('it is checked', () => clock.sleeping > 0);
    };
    const load = async () => {
      const model = await source.load(version, new AbortController().signal);
      await model.close();
      return model.identity.version;
    };
    return { ...made, trust, load };
  }

  test.each(['pinned', 'wanted'] as const)(
    'the files of a %s version are fetched with the new signature, and load without MLflow',
    async (role) => {
      const { registry, files, trust, load } = await podOfFirstKey(role);
      await trust(first, second);
      registry.add('6', signedBy(second), { digest });
      await trust(second);
      registry.goDown();
      expect(await load()).toBe('6');
      files.stop();
    },
  );

  test('files that only the former key signed do not count as there, until the new signature is', async () => {
    const { registry, files, shown, trust } = await podOfFirstKey('wanted');
    expect(await shown()).toEqual(['6: 1']);
    await trust(second);
    expect(await shown()).toEqual(['6: 0']);
    registry.add('6', signedBy(second), { digest });
    await trust(second);
    expect(await shown()).toEqual(['6: 1']);
    files.stop();
  });
});
