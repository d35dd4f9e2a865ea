import { describe, expect, test } from '@jest/globals';
import type { Followers } from '../../../../scripts/promote/followers.ts';
import { approvingKeys, judgedTags, rejectingKeys } from '../../../../scripts/promote/judged-statements.ts';
import type { ModelDeployment } from '../../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../../services/shared/model-deployment/status.ts';
import { readStatements, type Statement } from '../../../../services/shared/statements/statement.ts';
import { signingPerson } from '../../../support/signing-person.ts';

const SUBJECT = { model: 'loan', version: '7', digest: `sha256:${'a'.repeat(64)}`, alias: 'champion' };
const AT = '2026-01-01T00:00:00Z';
const ada = signingPerson('ada');
const KEYS = [ada.key];

/** Tags with statements of ada. */
function tagsOf(...statements: readonly Partial<Statement>[]): Record<string, string> {
  return Object.fromEntries(
    statements.map((statement) => {
      const whole = {
        kind: 'promote',
        ...SUBJECT,
        actor: 'Ada',
        reason: 'why',
        at: AT,
        ...statement,
      } as const;
      const { key, value } = ada.sign(whole);
      return [key, value];
    }),
  );
}

function judged(tags: Record<string, string>, status?: ModelDeploymentStatus, days = 1) {
  const now = Date.parse(AT) + days * 24 * 3600 * 1000;
  const object = { metadata: { name: 'loan' }, status } as ModelDeployment;
  const followers: Followers = status ? { kind: 'read', objects: [object] } : { kind: 'unknown', why: '' };
  return judgedTags(
    tags,
    KEYS,
    SUBJECT,
    { nowMilliseconds: now, expiresAfterSeconds: 7 * 24 * 3600 },
    followers,
  );
}

function hashOf(tags: Record<string, string>): string {
  const [reading] = readStatements(tags, KEYS);
  if (reading?.kind !== 'statement') throw new Error('no statement');
  return reading.hash;
}

describe('a statement', () => {
  test('that let the version serve counts as long as it serves, also once it has expired', () => {
    const tags = tagsOf({});
    const approvals = [{ hash: hashOf(tags), keys: ['ada'], actor: 'Ada', reason: 'why', at: AT }];
    const stable = { ...SUBJECT, runId: 'r', since: AT, approvals };
    const usedStatements = { hashes: [{ hash: hashOf(tags), at: AT }] };
    expect(judged(tags, { stable, usedStatements }, 30).statements).toMatchObject([
      { fault: undefined, inUseBy: 'loan' },
    ]);
    expect(judged(tags, { usedStatements }, 1).statements).toMatchObject([{ fault: { code: 'used-up' } }]);
    expect(judged(tags, {}, 30).statements).toMatchObject([{ fault: { code: 'expired' } }]);
    const otherFiles = { ...stable, digest: `sha256:${'b'.repeat(64)}` };
    expect(judged(tags, { stable: otherFiles, usedStatements }).statements).toMatchObject([
      { fault: { code: 'used-up' } },
    ]);
  });

  test('from before the floor of the used ones counts no longer', () => {
    const tags = tagsOf({});
    const { statements } = judged(tags, { usedStatements: { hashes: [], notBefore: AT } });
    expect(approvingKeys(statements)).toEqual([]);
  });
});

describe('a rejection', () => {
  const rejected = tagsOf({ kind: 'reject' });

  test('counts whatever is used up', () => {
    const { statements } = judged(rejected, {
      usedStatements: { hashes: [{ hash: hashOf(rejected), at: AT }], notBefore: AT },
    });
    expect(rejectingKeys(statements).map(({ name }) => name)).toEqual(['ada']);
    expect(statements).toMatchObject([{ fault: undefined }]);
  });

  test('that was taken back counts no longer, also once what took it back is used up', () => {
    const promoted = tagsOf({ takesBack: [hashOf(rejected)] });
    const usedStatements = { hashes: [{ hash: hashOf(promoted), at: AT }] };
    const { statements } = judged({ ...rejected, ...promoted }, { usedStatements });
    expect(rejectingKeys(statements)).toEqual([]);
    expect(statements.map(({ fault }) => fault?.code)).toEqual(
      expect.arrayContaining(['taken-back', 'used-up']),
    );
  });
});
