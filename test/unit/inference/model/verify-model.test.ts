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
  stable: { readonly digest?: string; readonly required?: boolean } = {},
) {
  let now = 0;
  let look = 0;
  return verifyModel({
    registry,
    name: 'loan-eligibility',
    version,
    stable:
      stableVersion === undefined ? undefined : { registry, version: stableVersion, digest: stable.digest },
    requireStableContract: stable.required ?? true,
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

  test.each([
    ['2 after version 1', '8', '1'],
    ['1 after version 2', '1', '8'],
    ['2 after version 2 with another code', '9', '8'],
  ])('whose contract has version %s', async (_, version, stableVersion) => {
    registry.add('8', loanArtifact({ missingCategory: 'nan' }));
    registry.add('9', loanArtifact({ missingCategory: 'code' }));
    expect(await verify(version, stableVersion)).toMatchObject({ passed: true, reason: 'Verified' });
  });

  test('that is slow only while the node is busy', async () => {
    expect(await verify('2', '1', (look) => (look < 440 ? 51 : 20))).toMatchObject({
      passed: true,
      message: expect.stringContaining('p99 of batches of 256 is 20.00 ms'),
    });
  });

  test('that is the first version', async () => {
    expect(await verify('2')).toMatchObject({ passed: true });
  });

  test('although the stable version is gone, if its contract is not required', async () => {
    expect(await verify('2', 'gone', 1, { required: false })).toMatchObject({ passed: true });
  });

  test('that has the same files as the stable version, wherever that version is now', async () => {
    const digest = digestOf(loanArtifact({ intercept: -1 }));
    expect(await verify('2', 'gone', 1, { digest })).toMatchObject({ passed: true });
  });
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

  const verifyBy = (version: string, stable: string, requireStableContract = true) =>
    verifyModel({
      registry: refusing,
      name: 'loan-eligibility',
      version,
      stable: { registry: refusing, version: stable, digest: undefined },
      requireStableContract,
      maximumBatchP99Milliseconds: 50,
      monotonic: () => 0,
    });

  test.each([
    ['6', 'ArtifactMissing', 'get-download-uri answered 404'],
    ['7', 'RegistryRefused', 'artifacts are at s3://models'],
  ])('of version %s that is the verdict: %s', async (version, reason, message) => {
    expect(await verifyBy(version, '1')).toEqual({ passed: false, reason, message });
  });

  test('of the stable version, a deleted version refuses the next, and an unreadable version leaves it open', async () => {
    expect(await verifyBy('2', '6')).toMatchObject({
      passed: false,
      reason: 'StableVersionMissing',
      message: 'the contract of stable version 6 cannot be read: get-download-uri answered 404',
      digest: expect.stringMatching(/^sha256:/),
    });
    await expect(verifyBy('2', '7')).rejects.toMatchObject({ name: 'RegistryError' });
  });

  test.each(['6', '7'])('of stable version %s, its contract may be given up', async (stable) => {
    expect(await verifyBy('2', stable, false)).toMatchObject({ passed: true });
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

  test('whose matrix other servers would make in another way', async () => {
    const contract = loanContract({ missingCategory: 'code' });
    const files = loanArtifact({ missingCategory: 'nan' });
    registry.add('10', files.set('serving.json', Buffer.from(JSON.stringify(contract))));
    expect(await verify('10', '1')).toMatchObject({
      passed: false,
      reason: 'SignatureMismatch',
      message: expect.stringContaining('holds NaN for Gender null, but encoding says 2'),
    });
  });

  test('whose contract of version 2 refuses a category that the version 1 before took', async () => {
    const fields = loanContract().fields.map((field) =>
      field.name === 'Married' && field.type === 'string' ? { ...field, values: ['No'] } : field,
    );
    const contract = {
      ...loanContract({ missingCategory: 'nan' }),
      fields,
      golden: loanContract().golden.slice(1),
    };
    const files = loanArtifact({ missingCategory: 'nan' });
    registry.add('11', files.set('serving.json', Buffer.from(JSON.stringify(contract))));
    expect(await verify('11', '1')).toMatchObject({
      passed: false,
      reason: 'SignatureIncompatible',
      message: 'Married no longer takes "Yes"',
    });
  });

  test.each([
    ['is gone', 'gone', undefined, 'stable version gone cannot be read'],
    ['has no files any more', '3', undefined, 'is registered but has no files'],
    ['has other files than those that serve', '1', 'sha256:0', 'but sha256:0 serves'],
  ])('if the stable version %s, so that its clients are unknown', async (_what, stable, digest, message) => {
    registry.add('3', new Map());
    expect(await verify('2', stable, 1, digest === undefined ? {} : { digest })).toMatchObject({
      passed: false,
      reason: 'StableVersionMissing',
      message: expect.stringContaining(message),
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
    stable: undefined,
    requireStableContract: true,
    maximumBatchP99Milliseconds: 50,
    monotonic: () => 0,
  });
  await expect(verdict).rejects.toMatchObject({ name: 'RegistryError' });
});
