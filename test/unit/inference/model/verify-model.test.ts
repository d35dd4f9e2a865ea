import { describe, expect, test } from '@jest/globals';
import { verifyModel } from '../../../../services/inference/model/verify-model.ts';
import { RegistryError } from '../../../../services/shared/mlflow/registry-error.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { digestOf, loanArtifact, loanContract } from '../../../support/model/loan-model.ts';

const registry = new FakeRegistry();
registry.add('1', loanArtifact());
registry.add('2', loanArtifact({ intercept: -1 }));

function withContract(change: object): Map<string, Uint8Array> {
  return loanArtifact().set('serving.json', Buffer.from(JSON.stringify({ ...loanContract(), ...change })));
}

/** Each read of the clock adds so many milliseconds. A function gives them by the number of the read. */
function verify(
  version: string,
  stableVersion?: string,
  stepMilliseconds: number | ((look: number) => number) = 1,
) {
  let now = 0;
  let look = 0;
  return verifyModel({
    registry,
    name: 'loan-eligibility',
    version,
    stableVersion,
    maximumBatchP99Milliseconds: 50,
    monotonic: () => {
      now += typeof stepMilliseconds === 'number' ? stepMilliseconds : stepMilliseconds(look++);
      return now;
    },
  });
}

describe('a version passes', () => {
  test('that loads, repeats its golden samples, fits its predecessor and is fast enough', async () => {
    expect(await verify('2', '1')).toEqual({
      passed: true,
      reason: 'Verified',
      message: '2 golden samples match; p99 of batches of 256 is 1.00 ms',
      digest: digestOf(loanArtifact({ intercept: -1 })),
      runId: 'run-2',
    });
  });

  test('that is slow only while the node is busy', async () => {
    expect(await verify('2', '1', (look) => (look < 440 ? 51 : 20))).toMatchObject({
      passed: true,
      message: expect.stringContaining('p99 of batches of 256 is 20.00 ms'),
    });
  });

  test.each([undefined, 'gone'])(
    'where there is nothing to compare it with: stable is %s',
    async (stable) => {
      expect(await verify('2', stable)).toMatchObject({ passed: true });
    },
  );
});

describe('where the registry says no', () => {
  class Refusing extends FakeRegistry {
    /** Version to files. */
    readonly errors = new Map<string, RegistryError>();

    override async listArtifacts(name: string, version: string) {
      const error = this.errors.get(version);
      if (error !== undefined) throw error;
      return super.listArtifacts(name, version);
    }
  }
  const refusing = new Refusing();
  refusing.add('1', loanArtifact());
  refusing.add('2', loanArtifact());
  refusing.errors.set('6', new RegistryError('not_found', 'get-download-uri answered 404'));
  refusing.errors.set('7', new RegistryError('refused', 'artifacts are at s3://models'));
  for (const version of refusing.errors.keys()) refusing.add(version, loanArtifact());

  const verifyBy = (version: string, stableVersion?: string) =>
    verifyModel({
      registry: refusing,
      name: 'loan-eligibility',
      version,
      stableVersion,
      maximumBatchP99Milliseconds: 50,
      monotonic: () => 0,
    });

  test.each([
    ['6', 'ArtifactMissing', 'get-download-uri answered 404'],
    ['7', 'RegistryRefused', 'artifacts are at s3://models'],
  ])('of version %s that is the verdict: %s', async (version, reason, message) => {
    expect(await verifyBy(version, '1')).toEqual({ passed: false, reason, message });
  });

  test('of the stable version, what was deleted is not compared with, and what cannot be read leaves it open', async () => {
    expect(await verifyBy('2', '6')).toMatchObject({ passed: true });
    await expect(verifyBy('2', '7')).rejects.toMatchObject({ name: 'RegistryError' });
  });
});

describe('a version fails', () => {
  test('that cannot be loaded, for the reason a server would give', async () => {
    registry.add('3', new Map());
    expect(await verify('3', '1')).toEqual({
      passed: false,
      reason: 'ArtifactMissing',
      message: 'loan-eligibility version 3 is registered but has no files',
    });
  });

  test("that refuses what the stable version's clients send", async () => {
    const fields = loanContract().fields.map((field) =>
      field.name === 'Credit_History' ? { ...field, required: true } : field,
    );
    const golden = loanContract().golden.slice(0, 1);
    registry.add('4', withContract({ fields, golden }));
    expect(await verify('4', '1')).toMatchObject({
      passed: false,
      reason: 'SignatureIncompatible',
      message: 'Credit_History has become required',
      digest: expect.stringMatching(/^sha256:/),
    });
  });

  test('that has lost its contract', async () => {
    const files = loanArtifact();
    files.delete('serving.json');
    registry.add('5', files);
    expect(await verify('5', '1')).toMatchObject({ passed: false, reason: 'ContractMissing' });
    expect(await verify('5')).toMatchObject({ passed: true });
  });

  test('that is too slow', async () => {
    expect(await verify('2', '1', 51)).toMatchObject({
      passed: false,
      reason: 'TooSlow',
      message: 'p99 of batches of 256 is 51.00 ms, the limit is 50 ms',
    });
  });
});

test('an unreachable registry is no verdict', async () => {
  const away = new FakeRegistry();
  away.goDown();
  const verdict = verifyModel({
    registry: away,
    name: 'loan-eligibility',
    version: '1',
    stableVersion: undefined,
    maximumBatchP99Milliseconds: 50,
    monotonic: () => 0,
  });
  await expect(verdict).rejects.toMatchObject({ name: 'RegistryError' });
});
