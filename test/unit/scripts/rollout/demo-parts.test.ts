import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { declineLargerLoans } from '../../../../scripts/rollout/bad-data.ts';
import { DemoSigner, keyConfigMap } from '../../../../scripts/rollout/demo-signer.ts';
import { brokenRolloutPromises, type RolloutReport } from '../../../../scripts/rollout/rollout-report.ts';
import type { ModelRegistry } from '../../../../services/shared/mlflow/model-registry.ts';
import { keyIdOf, parsePublicKey } from '../../../../services/shared/statements/envelope.ts';
import { readStatements } from '../../../../services/shared/statements/statement.ts';

let directory: string;

function trustedKey(name: string, pem: string) {
  const key = parsePublicKey(pem);
  return { name, id: keyIdOf(key), key };
}

beforeEach(() => {
  directory = mkdtempSync(`${tmpdir()}/rollout-demo-`);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a signer of the demo', () => {
  const version = { version: '3', digest: `sha256:${'a'.repeat(64)}` };
  const tagsOf = async (signer: DemoSigner) => {
    const tags: Record<string, string> = {};
    const registry = {
      setVersionTag: async (_name: string, _version: string, key: string, value: string) => {
        tags[key] = value;
      },
    } as unknown as ModelRegistry;
    await signer.approve(registry, 'loans', version, 'a reason');
    return tags;
  };

  test('keeps its key in a file that only its owner may read', async () => {
    const ada = DemoSigner.in(directory, 'ada', 'Ada Example');
    expect(statSync(`${directory}/ada.key.pem`).mode & 0o777).toBe(0o600);
    expect(DemoSigner.in(directory, 'ada', 'Ada Example').publicKey).toBe(ada.publicKey);
    expect(DemoSigner.in(directory, 'grace', 'Grace Example').publicKey).not.toBe(ada.publicKey);
  });

  test('makes a statement that its public key proves, and no other', async () => {
    const ada = DemoSigner.in(directory, 'ada', 'Ada Example');
    const tags = await tagsOf(ada);
    const [pem = ''] = Object.values(keyConfigMap([ada]).data);
    expect(readStatements(tags, [trustedKey('ada', pem)])).toMatchObject([
      { kind: 'statement', statement: { ...version, kind: 'promote', model: 'loans', actor: 'Ada Example' } },
    ]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const stranger = other.export({ type: 'spki', format: 'pem' }).toString();
    expect(readStatements(tags, [trustedKey('eve', stranger)])).toMatchObject([{ code: 'untrusted' }]);
  });
});

describe('the data of the bad version', () => {
  test('decline the larger loans, and change nothing else', async () => {
    const rows = ['LoanAmount,Gender,Loan_Status', '10,Male,Y', '20,Female,Y', '30,Male,N', '40,Male,Y'];
    writeFileSync(`${directory}/rows.csv`, `${rows.join('\n')}\n`);
    await declineLargerLoans(`${directory}/rows.csv`, `${directory}/biased.csv`);
    expect(readFileSync(`${directory}/biased.csv`, 'utf8').trimEnd().split('\n')).toEqual([
      ...rows.slice(0, 4),
      '40,Male,N',
    ]);
  });

  test('need the columns by which they are made', async () => {
    writeFileSync(`${directory}/rows.csv`, 'Gender\nMale\n');
    await expect(declineLargerLoans(`${directory}/rows.csv`, `${directory}/biased.csv`)).rejects.toThrow(
      /lacks the column Loan_Status or LoanAmount/,
    );
  });
});

describe('the promises of the rollout demo', () => {
  const kept: RolloutReport = {
    sent: 10,
    predicted: 10,
    rejected: {},
    lost: 0,
    duplicates: 0,
    unexpected: 0,
    decisionsByVersion: { 1: 4, 2: 6 },
    latencyMilliseconds: { p50: 1, p99: 2 },
    recordsPerSecond: 1,
    served: ['1', '2'],
    refused: { version: '4', reason: 'ShadowFailed' },
    transitions: [],
    totalSeconds: 1,
  };

  test('are kept by a run in which all is as it should be', () => {
    expect(brokenRolloutPromises(kept)).toEqual([]);
  });

  test.each<[string, Partial<RolloutReport>, RegExp]>([
    ['a lost application', { lost: 2 }, /2 applications got neither/],
    ['an unexpected answer', { unexpected: 1 }, /another answer/],
    ['a version that decided nothing', { served: ['1', '2', '3'] }, /version 3 decided nothing/],
    [
      'a refused version that decided',
      { decisionsByVersion: { 1: 4, 2: 6, 4: 1 } },
      /version 4 was refused, and decided 1/,
    ],
  ])('are broken by %s', (_, change, message) => {
    expect(brokenRolloutPromises({ ...kept, ...change })).toEqual([expect.stringMatching(message)]);
  });
});
