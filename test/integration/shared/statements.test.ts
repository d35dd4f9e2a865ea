import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { repositoryRoot, trainingBin } from '../../../scripts/stack/paths.ts';
import { type Envelope, keyIdOf, signEnvelope } from '../../../services/shared/statements/envelope.ts';
import {
  readStatements,
  STATEMENT_TYPE,
  type Statement,
  signStatement,
} from '../../../services/shared/statements/statement.ts';
import { pythonEnvironment } from '../../clients/python-environment.ts';

const IN_TOTO_TYPE = 'application/vnd.in-toto+json';

const STATEMENT: Statement = {
  kind: 'promote',
  model: 'loan-eligibility',
  version: '7',
  digest: `sha256:${'a'.repeat(64)}`,
  alias: 'champion',
  actor: 'Ada Müller 🙂',
  reason: 'better — on "every" measure',
  at: '2026-11-28T12:00:00Z',
};

/** Signs by the training job's own code, with the key on standard input. */
const SIGN_IN_PYTHON = `
import json, sys
from datetime import datetime, timezone
from cryptography.hazmat.primitives import serialization
from loan_training.signing.statement import Promotion, sign_promotion
key = serialization.load_pem_private_key(sys.stdin.buffer.read(), None)
at = datetime(2026, 11, 28, 12, 0, 0, 5, timezone.utc)
promotion = Promotion("loan-eligibility", "7", "sha256:" + "a" * 64, "sha256:" + "c" * 64, "champion", "besser — ä 🙂\\n\\"x\\"", at)
print(json.dumps(sign_promotion(promotion, key)))
`;

function python(program: string, args: readonly string[], input: string): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, PYTHONPATH: `${repositoryRoot}/jobs/training/src` },
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function pem(key: KeyObject): string {
  const type = key.type === 'private' ? 'pkcs8' : 'spki';
  return key.export({ type, format: 'pem' } as never).toString();
}

function read(tags: Readonly<Record<string, string>>, key: KeyObject) {
  return readStatements(tags, [{ name: 'it', id: keyIdOf(key), key }])[0];
}

describe.each(['P-256', 'P-384'])('a statement signed with ECDSA %s', (namedCurve) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });

  test('by training is read by the services', () => {
    const [tag, value] = JSON.parse(python(`${trainingBin}/python`, ['-c', SIGN_IN_PYTHON], pem(privateKey)));
    expect(read({ [tag]: value }, publicKey)).toMatchObject({
      kind: 'statement',
      tag,
      hash: expect.stringContaining(tag.split('.')[1]),
      statement: {
        ...STATEMENT,
        card: `sha256:${'c'.repeat(64)}`,
        actor: 'training',
        reason: 'besser — ä 🙂 "x"',
        at: '2026-11-28T12:00:00.000005Z',
      },
    });
  });
});

describe('a statement, and implementations of DSSE from PyPI', () => {
  let bin: string;

  beforeAll(async () => {
    bin = await pythonEnvironment('test/clients/model-signing-requirements.txt', { complete: true });
  }, 400_000);

  function compare(envelope: Envelope, privateKey: KeyObject, claimed: KeyObject) {
    const asked = {
      envelope,
      in_toto_envelope: signEnvelope(IN_TOTO_TYPE, Buffer.from('{"ä": 1}'), privateKey),
      public_key: pem(claimed),
      private_key: pem(privateKey),
      keyid: keyIdOf(claimed),
      payload_type: STATEMENT_TYPE,
      payload: JSON.stringify(STATEMENT),
    };
    const script = `${repositoryRoot}/test/clients/dsse_checks.py`;
    return JSON.parse(python(`${bin}/python`, [script], JSON.stringify(asked)));
  }

  test('sigstore, securesystemslib and model-signing verify what the services sign, and the services what they sign', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const envelope = JSON.parse(signStatement(STATEMENT, privateKey).value);
    const { envelope: theirs, ...verdicts } = compare(envelope, privateKey, publicKey);
    expect(verdicts).toEqual({ sigstore: true, securesystemslib: true, model_signing: true });
    expect(read({ 'statement.theirs': JSON.stringify(theirs) }, publicKey)).toMatchObject({
      kind: 'statement',
      statement: STATEMENT,
    });
  });

  test('none of them verifies a statement with another key, or a changed one', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const envelope = JSON.parse(signStatement(STATEMENT, privateKey).value);
    const refused = { sigstore: false, securesystemslib: false, model_signing: false };
    expect(compare(envelope, privateKey, other)).toMatchObject(refused);
    const payload = Buffer.from(JSON.stringify({ ...STATEMENT, version: '8' })).toString('base64');
    const own = createPublicKey(createPrivateKey(pem(privateKey)));
    expect(compare({ ...envelope, payload }, privateKey, own)).toMatchObject({
      sigstore: false,
      securesystemslib: false,
    });
  });
});
