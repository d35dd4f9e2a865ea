import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readPublicKeys } from '../../../../scripts/promote/public-keys.ts';
import { PromoteDesk } from '../../../support/statements/promote-tool.ts';

const REASON = ['--actor', 'Ada', '--reason', 'because', '--tracking-uri', 'http://127.0.0.1:1'];

describe('promote keygen', () => {
  test('makes a private key that only its owner may read, and a public key that readers trust', async () => {
    using desk = new PromoteDesk();
    const { code, out } = await desk.run(['keygen', 'ada']);
    expect(code).toBe(0);
    expect(statSync(desk.privateKey('ada')).mode & 0o777).toBe(0o600);
    expect(readFileSync(desk.privateKey('ada'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const [key] = readPublicKeys(desk.keys);
    expect(key?.name).toBe('ada');
    expect(out).toContain(`key id       ${key?.id}`);
    expect(out).toContain(`kubectl create configmap promotion-keys --namespace loan-eligibility`);
  });

  test('never prints or overwrites a private key', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const before = readFileSync(desk.privateKey('ada'), 'utf8');
    const { code, out, said } = await desk.run(['keygen', 'ada']);
    expect([code, said]).toEqual([1, expect.stringContaining('exists, and no key is overwritten')]);
    expect(readFileSync(desk.privateKey('ada'), 'utf8')).toBe(before);
    expect(out + said).not.toContain('PRIVATE KEY');
  });

  test('leaves no private key behind if the public key exists already', async () => {
    using desk = new PromoteDesk();
    mkdirSync(desk.keys);
    writeFileSync(`${desk.keys}/ada.pem`, 'of somebody else');
    const { code } = await desk.run(['keygen', 'ada']);
    expect(code).toBe(1);
    expect(statSync(desk.privateKey('ada'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('refuses to put the private key where everybody gets the public ones', async () => {
    using desk = new PromoteDesk();
    const { code, said } = await desk.run(['keygen', 'ada', '--out', `${desk.keys}/ada.key`]);
    expect([code, said]).toEqual([1, expect.stringContaining('give another --out')]);
  });

  test('encrypts the private key so that OpenSSL opens it with the passphrase', async () => {
    using desk = new PromoteDesk();
    const passphrase = `${desk.directory}/passphrase`;
    writeFileSync(passphrase, 'correct horse\n', { mode: 0o600 });
    await desk.run(['keygen', 'ada', '--passphrase-file', passphrase]);
    expect(readFileSync(desk.privateKey('ada'), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    const args = ['pkey', '-in', desk.privateKey('ada'), '-passin', `file:${passphrase}`, '-pubout'];
    const opened = execFileSync('openssl', args, { encoding: 'utf8' });
    expect(opened).toBe(readFileSync(`${desk.keys}/ada.pem`, 'utf8'));
  });

  test.each(['', '../ada', 'a b', '-x', 'a'.repeat(64)])('refuses the name %j', async (name) => {
    using desk = new PromoteDesk();
    const { code } = await desk.run(['keygen', '--', name]);
    expect(code).toBe(2);
  });
});

test('promote keygen says if a directory cannot be made', async () => {
  using desk = new PromoteDesk();
  writeFileSync(`${desk.directory}/file`, '');
  const { code, said } = await desk.run(['keygen', 'ada', '--keys', `${desk.directory}/file`]);
  expect([code, said]).toEqual([1, expect.stringContaining('there is a file of that name')]);
});

describe('a private key', () => {
  test('that others may read is refused', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    chmodSync(desk.privateKey('ada'), 0o640);
    const { code, said } = await desk.run(['sign', '7', '--key', desk.privateKey('ada'), ...REASON]);
    expect([code, said]).toEqual([1, expect.stringMatching(/run chmod 600 .*ada\.key/)]);
  });

  test('with a passphrase needs the right one', async () => {
    using desk = new PromoteDesk();
    const [right, wrong] = [`${desk.directory}/right`, `${desk.directory}/wrong`];
    writeFileSync(right, 'right', { mode: 0o600 });
    writeFileSync(wrong, 'wrong', { mode: 0o600 });
    await desk.run(['keygen', 'ada', '--passphrase-file', right]);
    const sign = ['sign', '7', '--key', desk.privateKey('ada'), ...REASON];
    expect((await desk.run(sign)).said).toContain('give --passphrase-file');
    const { code, said } = await desk.run([...sign, '--passphrase-file', wrong]);
    expect([code, said]).toEqual([2, expect.stringContaining('the passphrase does not open')]);
    expect((await desk.run([...sign, '--passphrase-file', right])).said).toContain('unreachable');
  });

  test('with a passphrase that others may read is neither made nor used', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const file = `${desk.directory}/passphrase`;
    writeFileSync(file, 'open');
    chmodSync(file, 0o644);
    for (const args of [
      ['keygen', 'ben'],
      ['sign', '7', '--key', desk.privateKey('ada'), ...REASON],
    ]) {
      const { code, said } = await desk.run([...args, '--passphrase-file', file]);
      expect([code, said]).toEqual([1, expect.stringMatching(/may read the passphrase .*run chmod 600/)]);
    }
    expect(statSync(desk.privateKey('ben'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('is no public key, and the message does not ask for other rights', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const { code, said } = await desk.run(['sign', '7', '--key', `${desk.keys}/ada.pem`, ...REASON]);
    expect([code, said]).toEqual([2, expect.stringContaining('holds a public key')]);
  });

  test.each<[string, readonly string[]]>([
    ['--reason', ['--actor', 'Ada', '--reason', '']],
    ['--reason', ['--actor', 'Ada', '--reason', ' ']],
    ['--reason', ['--actor', 'Ada', '--reason', 'two\nlines']],
    ['--reason', ['--actor', 'Ada', '--reason', 'x'.repeat(1001)]],
    ['--actor', ['--actor', '', '--reason', 'because']],
    ['--actor', ['--actor', '\u001b[31mAda', '--reason', 'because']],
    ['--model is empty', ['--actor', 'Ada', '--reason', 'because', '--model', '']],
    ['--alias is empty', ['--actor', 'Ada', '--reason', 'because', '--alias', ' ']],
    ['--expires-after 59', ['--actor', 'Ada', '--reason', 'because', '--expires-after', '59']],
  ])('signs nothing with a wrong %s, and says what is right', async (option, args) => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const where = ['--key', desk.privateKey('ada'), '--tracking-uri', 'http://127.0.0.1:1'];
    const { code, said } = await desk.run(['sign', '7', ...args, ...where]);
    expect([code, said]).toEqual([2, expect.stringMatching(new RegExp(`^promote: ${option}.*: give `))]);
    expect(said).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ['RSA', ['genpkey', '-algorithm', 'RSA']],
    ['another curve', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp521r1']],
  ])('of %s is refused', async (_name, args) => {
    using desk = new PromoteDesk();
    const file = `${desk.directory}/other.key`;
    writeFileSync(file, execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }), {
      mode: 0o600,
    });
    const { code, said } = await desk.run(['sign', '7', '--key', file, ...REASON]);
    expect([code, said]).toEqual([2, expect.stringContaining('another algorithm than ECDSA P-256')]);
  });

  test('made by OpenSSL signs too', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const file = `${desk.directory}/openssl.key`;
    const args = ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'];
    writeFileSync(file, execFileSync('openssl', args), { mode: 0o600 });
    expect((await desk.run(['sign', '7', '--key', file, ...REASON])).said).toContain('unreachable');
  });
});

describe('public keys', () => {
  test('are read from a directory and from the ConfigMap alike', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'ben');
    const entries = ['ada', 'ben'].map((name) => {
      const pem = readFileSync(`${desk.keys}/${name}.pem`, 'utf8');
      return [`${name}.pem`, pem] as const;
    });
    const file = `${desk.directory}/config-map.json`;
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', data: Object.fromEntries(entries) };
    writeFileSync(file, JSON.stringify(configMap));
    const shown = (await desk.run(['keys'])).out;
    expect(shown).toMatch(/^ada +ECDSA P-256 +[0-9a-f]{64}$/m);
    expect((await desk.run(['keys', '--keys', file])).out).toBe(shown);
  });

  test.each([
    ['no key', 'ada.pem', 'hello', 'ada.pem is no public key in PEM'],
    ['a strange name', '..pem', 'hello', 'is not NAME.pem'],
  ])('with %s are refused by name', async (_name, entry, content, message) => {
    using desk = new PromoteDesk();
    mkdirSync(desk.keys);
    writeFileSync(`${desk.keys}/${entry}`, content);
    const { code, said } = await desk.run(['keys']);
    expect([code, said]).toEqual([2, expect.stringContaining(message)]);
  });

  test('under two names are refused, because the names may stand for different people', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    writeFileSync(`${desk.keys}/ben.pem`, readFileSync(`${desk.keys}/ada.pem`));
    const { code, said } = await desk.run(['keys']);
    expect([code, said]).toEqual([2, expect.stringContaining('ada.pem and ben.pem hold the same key')]);
  });

  test('are no private keys', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    writeFileSync(`${desk.keys}/ben.pem`, readFileSync(desk.privateKey('ada')));
    const { code, said } = await desk.run(['keys']);
    expect([code, said]).toEqual([2, expect.stringContaining('ben.pem holds a private key')]);
  });
});

describe('the MLflow of a command', () => {
  test.each([
    ['http://ada:secret@mlflow:5000', 'holds a user or a password'],
    ['ftp://mlflow', 'begins with neither http:// nor https://'],
  ])('is not %s', async (url, message) => {
    using desk = new PromoteDesk();
    const { code, said } = await desk.run(['status', '7'], undefined, { MLFLOW_TRACKING_URI: url });
    expect([code, said]).toEqual([2, expect.stringContaining(message)]);
    expect(said).not.toContain('secret');
  });

  test('gets credentials from a directory that is there', async () => {
    using desk = new PromoteDesk();
    const where = ['--tracking-uri', 'http://127.0.0.1:1', '--credentials', '/nowhere'];
    const { code, said } = await desk.run(['status', '7', ...where]);
    expect([code, said]).toEqual([2, expect.stringContaining('--credentials /nowhere: there is no such')]);
  });

  test.each([
    [{}, 'http://127.0.0.1:1', 'check MLFLOW_TRACKING_URI or --tracking-uri, and that the server runs'],
    [{ MLFLOW_TRACKING_USERNAME: 'ada' }, 'http://127.0.0.1:1', 'MLFLOW_TRACKING_PASSWORD'],
  ])('that does not answer is told with what to do, with %j', async (environment, url, message) => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const { code, said } = await desk.run(['status', '7', '--tracking-uri', url], undefined, environment);
    expect([code, said]).toEqual([1, expect.stringContaining(message)]);
  });

  test('must be named', async () => {
    using desk = new PromoteDesk();
    const { code, said } = await desk.run(['status', '7']);
    expect([code, said]).toEqual([2, expect.stringContaining('no MLflow is named')]);
  });
});
