import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { approvalOf, stepVerdict } from '../../../../operators/rollout/decision/approval.ts';
import type { StatementsReading } from '../../../../operators/rollout/decision/rollout.ts';
import { isUsed, withUsed } from '../../../../operators/rollout/decision/used-statements.ts';
import { specSchema } from '../../../../services/shared/model-deployment/spec.ts';
import {
  type CandidateVersion,
  USED_STATEMENTS_LENGTH,
  type UsedStatements,
} from '../../../../services/shared/model-deployment/status.ts';
import {
  readStatements,
  readTags,
  type Statement,
} from '../../../../services/shared/statements/statement.ts';
import { rolloutOf } from '../../../support/rollout-of.ts';
import { digestOf, SPEC } from '../../../support/rollout-world.ts';
import { signingPerson } from '../../../support/signing-person.ts';

const NOW = Date.UTC(2026, 0, 2);
const WEEK = 604_800;
const PEOPLE = ['alice', 'bob', 'carol'].map((name) => signingPerson(name, 'ed25519'));
const ROBOT = signingPerson('training', 'ed25519');
const STRANGER = signingPerson('mallory', 'ed25519');
const TRUSTED = [...PEOPLE, ROBOT];
const candidate: CandidateVersion = { version: '7', digest: digestOf('7'), since: time(0) };

function time(secondsAgo: number): string {
  return new Date(NOW - secondsAgo * 1000).toISOString();
}

const base: Statement = {
  kind: 'promote',
  model: SPEC.model,
  version: '7',
  digest: digestOf('7'),
  alias: 'champion',
  actor: 'Ada',
  reason: 'why',
  at: time(60),
};

function rolloutWith(required: number, usedStatements?: UsedStatements) {
  const publicKeys = { configMap: 'promotion-keys' };
  const spec = specSchema.parse({ ...SPEC, approval: { required, publicKeys, automatedKeys: ['training'] } });
  return rolloutOf({ spec, status: { candidate, usedStatements }, now: NOW });
}

function readingOf(tags: Readonly<Record<string, string>>): StatementsReading {
  const keys = TRUSTED.map(({ key }) => key);
  const keyNames = keys.map(({ name }) => name);
  return { kind: 'read', ...readTags(tags, keys), keyNames, keyFaults: [] };
}

/** Statements by somebody, each with a flaw or none. */
const flaws: Readonly<Record<string, (statement: Statement) => Statement>> = {
  none: (statement) => statement,
  model: (statement) => ({ ...statement, model: 'other' }),
  version: (statement) => ({ ...statement, version: '77' }),
  digest: (statement) => ({ ...statement, digest: digestOf('8') }),
  alias: (statement) => ({ ...statement, alias: 'challenger' }),
  expired: (statement) => ({ ...statement, at: time(WEEK + 1) }),
  future: (statement) => ({ ...statement, at: time(-301) }),
  step: (statement) => ({ ...statement, kind: 'approve-step', weightPercent: 10 }),
};

const signature = fc.record({
  person: fc.constantFrom(...TRUSTED, STRANGER),
  flaw: fc.constantFrom(...Object.keys(flaws)),
  used: fc.boolean(),
  cut: fc.boolean(),
  reason: fc.stringMatching(/^[a-z]{1,8}$/),
});

describe('any set of statements', () => {
  test('lets a version go on exactly if enough different keys signed well, and one of a person', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.uniqueArray(signature, { maxLength: 8, selector: ({ reason }) => reason }),
        (required, signatures) => {
          const tags: Record<string, string> = {};
          let used: UsedStatements | undefined;
          const good = new Set<string>();
          for (const { person, flaw, used: isOld, cut, reason } of signatures) {
            const statement = { ...(flaws[flaw]?.(base) ?? base), reason };
            const { key, value } = person.sign(statement);
            tags[key] = cut ? value.slice(0, -3) : value;
            const [reading] = readStatements({ [key]: value }, [person.key]);
            if (isOld && reading?.kind === 'statement') {
              used = withUsed(used, [{ hash: reading.hash, at: statement.at }], NOW);
            }
            if (flaw === 'none' && !isOld && !cut && person !== STRANGER) good.add(person.name);
          }
          const verdict = approvalOf(rolloutWith(required, used), readingOf(tags), candidate);
          const hasPerson = [...good].some((name) => name !== ROBOT.name);
          const suffices = required === 0 || (good.size >= required && hasPerson);
          expect(verdict.kind).toBe(suffices ? 'approved' : 'held');
          if (verdict.kind !== 'approved') return;
          expect(new Set(verdict.approvals.flatMap(({ keys }) => keys))).toEqual(good);
        },
      ),
    );
  });

  test('is refused by one rejection that the same key did not take back, whatever their times', () => {
    const rejection = fc.record({
      person: fc.nat({ max: TRUSTED.length - 1 }),
      at: fc.integer({ min: -2 * WEEK, max: 2 * WEEK }),
      by: fc.option(fc.nat({ max: TRUSTED.length - 1 }), { nil: undefined }),
      promotedAt: fc.integer({ min: -2 * WEEK, max: 2 * WEEK }),
    });
    fc.assert(
      fc.property(fc.array(rejection, { maxLength: 6 }), (rejections) => {
        const tags: Record<string, string> = {};
        const signed = (person: number, statement: Statement) => {
          const { key, value } = (TRUSTED[person] ?? STRANGER).sign(statement);
          tags[key] = value;
          const [reading] = readStatements({ [key]: value }, [(TRUSTED[person] ?? STRANGER).key]);
          return reading?.kind === 'statement' ? reading.hash : '';
        };
        for (const [index, { person, at, by, promotedAt }] of rejections.entries()) {
          const reason = `rejection ${index}`;
          const hash = signed(person, { ...base, kind: 'reject', at: time(at), reason });
          if (by !== undefined) signed(by, { ...base, at: time(promotedAt), takesBack: [hash], reason });
          signed(person, { ...base, at: time(promotedAt), reason });
        }
        const verdict = approvalOf(rolloutWith(0), readingOf(tags), candidate);
        const stands = rejections.some(({ person, by }) => by !== person);
        expect(verdict.kind).toBe(stands ? 'rejected' : 'approved');
      }),
    );
  });
});

test('a message has no control character of a key that nobody knows', () => {
  const verdict = approvalOf(
    rolloutWith(1),
    readingOf({ 'statement.\n': '{"\\u001b[2J\\u2028":1}' }),
    candidate,
  );
  expect(verdict).toMatchObject({ kind: 'held', reason: 'StatementMalformed' });
  expect(verdict.kind === 'held' && verdict.message).toMatch(/^[\x20-\x7E]{1,1024}$/);
});

test('a message names faults without control characters, and stays short whatever somebody writes into tags', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (texts) => {
      const entries = Object.entries(texts).map(([key, value]) => [`statement.${key}`, value]);
      const verdict = approvalOf(rolloutWith(1), readingOf(Object.fromEntries(entries)), candidate);
      if (verdict.kind !== 'held') throw new Error('nothing of this is signed');
      expect(verdict.message).toMatch(/^[\x20-\x7E]{1,1024}$/);
    }),
  );
});

describe('used statements', () => {
  test('stay used, whatever comes after, and the list stays short', () => {
    const times = fc.array(fc.integer({ min: 0, max: 300 * 86_400 }), { minLength: 1, maxLength: 250 });
    fc.assert(
      fc.property(times, (ages) => {
        let used: UsedStatements | undefined;
        const all = ages.map((age, index) => ({ hash: `sha256:${index}`, at: time(age) }));
        for (const one of all) used = withUsed(used, [one], NOW);
        expect(used?.hashes.length).toBeLessThanOrEqual(USED_STATEMENTS_LENGTH);
        for (const { hash, at } of all) expect(isUsed(used, hash, at)).toBe(true);
        if (all.length <= USED_STATEMENTS_LENGTH) expect(isUsed(used, 'sha256:other', time(-1))).toBe(false);
      }),
    );
  });

  test('keep the time before which none counts', () => {
    const used = withUsed({ hashes: [], notBefore: time(10) }, [{ hash: 'sha256:a', at: time(5) }], NOW);
    expect(isUsed(used, 'sha256:b', time(10))).toBe(true);
    expect(isUsed(used, 'sha256:b', time(9))).toBe(false);
  });

  test('need no place once every statement of that time has expired', () => {
    const used = withUsed(undefined, [{ hash: 'sha256:a', at: time(400 * 86_400) }], NOW);
    expect(used?.hashes).toEqual([]);
  });
});

describe('an approval of a canary step', () => {
  const [alice = ROBOT] = PEOPLE;
  const step = (at: string, weightPercent = 10, person = alice) => {
    const { key, value } = person.sign({ ...base, kind: 'approve-step', weightPercent, at });
    return readingOf({ [key]: value });
  };
  const running = {
    ...candidate,
    canary: { since: time(60) },
  };

  test.each([
    ['counts for its step', step(time(30)), 1],
    ['does not count for another step', step(time(30), 20), 0],
    ['does not count for a canary that began later', step(time(61)), 0],
    ['does not count with an automated key alone', step(time(30), 10, ROBOT), 0],
    ['does not count with a key that nobody trusts', step(time(30), 10, STRANGER), 0],
    ['does not count once it has expired', step(time(WEEK + 1)), 0],
  ])('%s', (_what, reading, length) => {
    expect(stepVerdict(rolloutWith(1), reading, running, 10).approvals).toHaveLength(length);
  });
});
