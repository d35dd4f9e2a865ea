import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { conditionHolds } from '../../../support/iam/condition.ts';
import { type AccessRequest, evaluate, evaluateFor } from '../../../support/iam/evaluate.ts';
import { matchesArn, matchesPattern } from '../../../support/iam/pattern.ts';
import { type PolicyDocument, policyDocumentSchema } from '../../../support/iam/policy-document.ts';

const ACTIONS = ['kinesis:GetRecords', 'kinesis:PutRecords', 's3:GetObject', 's3:PutObject'];
/** A policy variable, as it stands in a policy. */
const VARIABLE = ['$', '{aws:PrincipalTag/x}'].join('');
const BUCKET = 'arn:aws:s3:::loans';

function policy(...statements: readonly object[]): PolicyDocument {
  return policyDocumentSchema.parse({ Version: '2012-10-17', Statement: statements });
}

function request(action: string, resource: string, context: AccessRequest['context'] = {}): AccessRequest {
  return { action, resource, context };
}

const anAction = fc.constantFrom(...ACTIONS);
const aPattern = fc.constantFrom(...ACTIONS, '*', 's3:*', 'kinesis:Get*', 'S3:getobject', '*:Put?ecords');
const aResource = fc.constantFrom(BUCKET, `${BUCKET}/a`, `${BUCKET}/data/b`, 'arn:aws:s3:::other/a');
const aResourcePattern = fc.constantFrom('*', BUCKET, `${BUCKET}/*`, `${BUCKET}/data/?`, 'arn:aws:s3:::*');
const aStatement = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.array(aPattern, { minLength: 1, maxLength: 2 }),
  Resource: fc.array(aResourcePattern, { minLength: 1, maxLength: 2 }),
  Condition: fc.constantFrom(
    {},
    { StringLike: { 's3:prefix': 'data/*' } },
    { Null: { 's3:prefix': 'true' } },
  ),
});
const aRequest = fc.record({
  action: anAction,
  resource: aResource,
  context: fc.constantFrom({}, { 's3:prefix': 'data/x' }, { 's3:prefix': 'other' }),
});

describe('wildcards', () => {
  const aText = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 });
  const aTextPattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });

  test('mean the same as in a regular expression', () => {
    fc.assert(
      fc.property(aTextPattern, aText, (pattern, text) => {
        const expression = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesPattern(pattern, text)).toBe(new RegExp(`^${expression}$`).test(text));
      }),
      { numRuns: 1_000 },
    );
  });

  test('take no time that grows with the number of ways to match', () => {
    const started = performance.now();
    expect(matchesPattern(`${'*a'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('stay within a part of an ARN, and the last part keeps its colons', () => {
    expect(
      matchesArn('arn:aws:kinesis:*:111122223333:stream/a', 'arn:aws:kinesis:x:y:111122223333:stream/a'),
    ).toBe(false);
    expect(matchesArn('arn:aws:kinesis:*:1:stream/a*', 'arn:aws:kinesis:x:1:stream/a/consumer/b:17')).toBe(
      true,
    );
    expect(matchesArn('arn:aws:s3*', BUCKET)).toBe(false);
  });
});

describe('the policies of a role', () => {
  test('allow what a statement allows, and nothing else', () => {
    const reads = policy({ Effect: 'Allow', Action: 's3:Get*', Resource: `${BUCKET}/data/*` });
    expect(evaluate([reads], request('s3:GetObject', `${BUCKET}/data/a/b`))).toBe('allowed');
    expect(evaluate([reads], request('s3:getobject', `${BUCKET}/data/a`))).toBe('allowed');
    expect(evaluate([reads], request('s3:PutObject', `${BUCKET}/data/a`))).toBe('denied implicitly');
    expect(evaluate([reads], request('s3:GetObject', `${BUCKET}/other`))).toBe('denied implicitly');
    expect(evaluate([], request('s3:GetObject', `${BUCKET}/data/a`))).toBe('denied implicitly');
  });

  test('NotAction and NotResource mean everything else', () => {
    fc.assert(
      fc.property(aRequest, aPattern, aResourcePattern, (call, action, resource) => {
        const allows = (statement: object) =>
          evaluate([policy({ Effect: 'Allow', ...statement })], call) === 'allowed';
        expect(allows({ NotAction: action, Resource: '*' })).toBe(!allows({ Action: action, Resource: '*' }));
        expect(allows({ Action: '*', NotResource: resource })).toBe(
          !allows({ Action: '*', Resource: resource }),
        );
      }),
    );
  });

  test('a Deny wins, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.array(aStatement, { maxLength: 4 }),
        aRequest,
        fc.nat(4),
        (statements: readonly object[], call, at) => {
          const deny = { Effect: 'Deny', Action: call.action, Resource: '*' };
          expect(evaluate([policy(...statements.toSpliced(at, 0, deny))], call)).toBe('denied explicitly');
        },
      ),
    );
  });

  test('do not depend on the order of statements, or on how they are split into policies', () => {
    fc.assert(
      fc.property(fc.array(aStatement, { maxLength: 4 }), aRequest, (statements, call) => {
        const together = evaluate([policy(...statements)], call);
        expect(evaluate([policy(...statements.toReversed())], call)).toBe(together);
        expect(
          evaluate(
            statements.map((statement) => policy(statement)),
            call,
          ),
        ).toBe(together);
      }),
    );
  });

  test('allow no more after a statement that allows is removed', () => {
    fc.assert(
      fc.property(fc.array(aStatement, { minLength: 1, maxLength: 4 }), aRequest, (statements, call) => {
        if (evaluate([policy(...statements)], call) === 'allowed') return;
        const allowing = statements.findIndex(({ Effect }) => Effect === 'Allow');
        if (allowing < 0) return;
        expect(evaluate([policy(...statements.toSpliced(allowing, 1))], call)).not.toBe('allowed');
      }),
    );
  });
});

describe('conditions', () => {
  const context = { 'kms:ViaService': 'kinesis.us-east-1.amazonaws.com', 'aws:SecureTransport': 'false' };
  const holds = (condition: Record<string, Record<string, string[]>>) => conditionHolds(condition, context);

  test('each operator compares as IAM does', () => {
    expect(holds({ StringEquals: { 'KMS:viaservice': ['x', 'kinesis.us-east-1.amazonaws.com'] } })).toBe(
      true,
    );
    expect(holds({ StringEquals: { 'kms:ViaService': ['KINESIS.us-east-1.amazonaws.com'] } })).toBe(false);
    expect(holds({ StringEqualsIgnoreCase: { 'kms:ViaService': ['KINESIS.us-east-1.amazonaws.com'] } })).toBe(
      true,
    );
    expect(holds({ StringLike: { 'kms:ViaService': ['kinesis.*.amazonaws.com'] } })).toBe(true);
    expect(holds({ Bool: { 'aws:SecureTransport': ['false'] } })).toBe(true);
    expect(
      conditionHolds({ ArnLike: { 'aws:SourceArn': [`${BUCKET}*`] } }, { 'aws:SourceArn': BUCKET }),
    ).toBe(true);
    expect(
      conditionHolds({ NumericLessThan: { 's3:TlsVersion': ['1.2'] } }, { 's3:TlsVersion': '1.1' }),
    ).toBe(true);
    expect(conditionHolds({ Null: { 'aws:SourceArn': ['true'] } }, {})).toBe(true);
  });

  test('a call without the key satisfies negations and IfExists alone', () => {
    const without = (operator: string) => holds({ [operator]: { 'aws:SourceArn': ['arn:aws:s3:::x'] } });
    for (const operator of ['StringEquals', 'StringLike', 'Bool', 'ArnLike', 'ArnEquals'])
      expect([operator, without(operator), without(`${operator}IfExists`)]).toEqual([operator, false, true]);
    for (const operator of ['StringNotEquals', 'StringNotLike', 'ArnNotLike', 'ArnNotEquals'])
      expect([operator, without(operator)]).toEqual([operator, true]);
  });

  test('a negation is the contrary, if the call has the key', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'a*'), { minLength: 1 }),
        fc.constantFrom('a', 'ab', 'c'),
        (wanted, found) => {
          const says = (operator: string) =>
            conditionHolds({ [operator]: { 's3:prefix': wanted } }, { 's3:prefix': found });
          expect(says('StringNotEquals')).toBe(!says('StringEquals'));
          expect(says('StringNotLike')).toBe(!says('StringLike'));
        },
      ),
    );
  });

  test('ForAnyValue and ForAllValues look at every value of the call', () => {
    const says = (operator: string, tags: readonly string[]) =>
      conditionHolds({ [operator]: { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': tags });
    expect(says('ForAnyValue:StringEquals', ['x', 'a'])).toBe(true);
    expect(says('ForAllValues:StringEquals', ['x', 'a'])).toBe(false);
    expect(conditionHolds({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, {})).toBe(true);
    expect(conditionHolds({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, {})).toBe(false);
  });

  test('what the evaluator does not know is an error, not a guess', () => {
    expect(() => holds({ IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] } })).toThrow(
      'IpAddress: the evaluator does not know this condition operator',
    );
    expect(() => holds({ StringEquals: { 'kms:ViaService': [VARIABLE] } })).toThrow('no policy variables');
    expect(() => policy({ Effect: 'Allow', Action: '*', NotPrincipal: '*' })).toThrow('NotPrincipal');
    expect(() => policy({ Effect: 'Allow', Resource: '*' })).toThrow('needs either Action or NotAction');
  });
});

describe('the policy of a resource', () => {
  const trust = policy({
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
  });
  const assume = (id: string, account: string, action = 'sts:AssumeRole') =>
    evaluateFor({ kind: 'Service', id }, trust, request(action, '*', { 'aws:SourceAccount': account }));

  test('allows the principals that it names, under its conditions', () => {
    expect(assume('pods.eks.amazonaws.com', '111122223333')).toBe('allowed');
    expect(assume('pods.eks.amazonaws.com', '111122223333', 'sts:TagSession')).toBe('allowed');
    expect(assume('pods.eks.amazonaws.com', '444455556666')).toBe('denied implicitly');
    expect(assume('ec2.amazonaws.com', '111122223333')).toBe('denied implicitly');
    expect(assume('pods.eks.amazonaws.com', '111122223333', 'sts:AssumeRoleWithWebIdentity')).toBe(
      'denied implicitly',
    );
  });
});
