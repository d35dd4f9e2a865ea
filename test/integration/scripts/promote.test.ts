import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { artifactDigest } from '../../../services/shared/contract/digest.ts';
import { ModelRegistry } from '../../../services/shared/mlflow/model-registry.ts';
import { STATEMENT_TYPE } from '../../../services/shared/statements/statement.ts';
import { digestOf, loanArtifact } from '../../support/model/loan-model.ts';
import { registerVersion } from '../../support/register-version.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';
import { PromoteDesk } from '../../support/statements/promote-tool.ts';

const NAME = "promoted by 'people'";
const FILES = loanArtifact();
const DIGEST = digestOf(FILES);

let url: string;
let registry: ModelRegistry;

beforeAll(async () => {
  url = await sharedMlflow();
  registry = new ModelRegistry({ url });
}, 300_000);

function version(tags: Readonly<Record<string, string>> = { digest: DIGEST }): Promise<string> {
  return registerVersion(url, { name: NAME, files: FILES, tags });
}

/** Tags that look like statements of somebody without a key, and tags that do not. */
function junk(number: number): Record<string, string> {
  const envelope = (count: number) => ({
    payloadType: STATEMENT_TYPE,
    payload: Buffer.from(`{"n":${count}}`).toString('base64'),
    signatures: [{ sig: 'AAAA' }],
  });
  const entries = Array.from({ length: number }, (_, count) => [
    [`statement.junk${count}`, JSON.stringify(envelope(count))],
    [`statement.text${count}`, `no statement ${count}`],
  ]);
  return Object.fromEntries(entries.flat());
}

const WHERE = () => ['--model', NAME, '--tracking-uri', url];

/** What `promote status --json` prints. */
async function status(desk: PromoteDesk, number: string, ...more: readonly string[]) {
  const { code, out, said } = await desk.run(['status', number, '--json', ...more, ...WHERE()]);
  if (code !== 0) throw new Error(said);
  return JSON.parse(out);
}

async function statementTags(number: string): Promise<string[]> {
  const { tags } = await registry.getVersion(NAME, number);
  return Object.keys(tags).filter((key) => key.startsWith('statement.'));
}

describe('promote', () => {
  test('one person signs, another approves, and only then two keys approve the version', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'ben');
    const number = await version({
      digest: DIGEST,
      promotion: 'not_worse',
      promotion_reason: 'no score worse',
    });

    const signed = await desk.run(['sign', number, ...desk.as('ada'), ...WHERE()], 'y');
    expect([signed.code, signed.out]).toEqual([
      0,
      expect.stringMatching(/statement\.[0-9a-f]{32}\.[0-9a-f]{16} is stored/),
    ]);
    expect(signed.said).toContain(DIGEST);
    expect(signed.said).toContain('gate    not_worse: no score worse');
    expect(await status(desk, number, '--required', '2')).toMatchObject({
      digest: DIGEST,
      approved_by: ['ada'],
      approved: false,
    });

    const approved = await desk.run(['approve', number, ...desk.as('ben', 'looked at it'), ...WHERE()], 'y');
    expect(approved.code).toBe(0);
    expect(approved.said).toMatch(/signed {2}promote by ada Example \(key ada\), \d s ago, counts/);
    expect(await status(desk, number, '--required', '2')).toMatchObject({
      approved_by: ['ada', 'ben'],
      approved: true,
      statements: [{ actor: 'ada Example' }, { actor: 'ben Example', reason: 'looked at it' }],
    });
    const { out } = await desk.run(['status', number, '--required', '2', ...WHERE()]);
    expect(out).toMatch(/^promote +ada Example +ada +\d{4}-/m);
    expect(out).toContain('Approved by 2 of 2 keys (ada, ben).');
  });

  test('nobody signs twice, and nobody approves alone', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'ben');
    const number = await version();
    const alone = await desk.run(['approve', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([alone.code, alone.said]).toEqual([1, expect.stringContaining('there is nothing to approve')]);
    await desk.run(['sign', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    for (const command of ['sign', 'approve']) {
      const again = await desk.run([command, number, ...desk.as('ada'), '--yes', ...WHERE()]);
      expect([again.code, again.said]).toEqual([1, expect.stringContaining('ada has signed')]);
    }
    expect(await statementTags(number)).toHaveLength(1);
    const wanted = await desk.run(['sign', number, ...desk.as('ada'), '--again', '--yes', ...WHERE()]);
    expect(wanted.code).toBe(0);
    expect(await status(desk, number, '--required', '2')).toMatchObject({ approved: false });
  });

  test('a statement of a key that is not trusted is nothing to approve', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'mallory');
    const number = await version();
    await desk.run(['sign', number, ...desk.as('mallory'), '--yes', ...WHERE()]);
    rmSync(`${desk.keys}/mallory.pem`);
    const { code, said } = await desk.run(['approve', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([code, said]).toEqual([1, expect.stringContaining('there is nothing to approve')]);
    expect(said).toContain('no trusted key signed it');
    expect(said).not.toContain('mallory Example');
    expect(await status(desk, number)).toMatchObject({
      approved: false,
      statements: [{ fault: 'untrusted' }],
    });
  });

  test('keys that belong to no person approve nothing alone', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'training');
    const number = await version();
    await desk.run(['sign', number, ...desk.as('training'), '--yes', ...WHERE()]);
    const automated = ['--automated', 'training,nightly'];
    expect(await status(desk, number, ...automated)).toMatchObject({ approved: false });
    const { out } = await desk.run(['status', number, ...automated, ...WHERE()]);
    expect(out).toContain('Not approved: all keys (training) belong to no person. A person must sign.');
    await desk.run(['approve', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect(await status(desk, number, ...automated, '--required', '2')).toMatchObject({ approved: true });
  });

  test('a key that is not among the public keys signs, and the person is told', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'ben');
    renameSync(`${desk.keys}/ada.pem`, `${desk.directory}/ada.pem`);
    const { code, said } = await desk.run(['sign', await version(), ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([code, said]).toEqual([0, expect.stringContaining('Your key is not among the public keys here')]);
  });

  test('files that are not those of the digest are not signed, but rejected', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const number = await version({ digest: `sha256:${'0'.repeat(64)}` });
    const { code, said } = await desk.run(['sign', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([code, said]).toEqual([1, expect.stringContaining('were changed after the registration')]);
    expect(await statementTags(number)).toEqual([]);
    const rejected = await desk.run(['reject', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([rejected.code, rejected.said]).toEqual([0, expect.stringContaining('not those of the tag')]);
    expect(await status(desk, number)).toMatchObject({
      approved: false,
      rejected_by: ['ada'],
      files_checked: false,
      statements: [{ kind: 'reject', digest: DIGEST }],
    });
  });

  test('a version whose files cannot be read is rejected by the digest of its tag, and the person is told', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const number = await registerVersion(url, { name: NAME, files: new Map(), tags: { digest: DIGEST } });
    const { code, said } = await desk.run(['reject', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([code, said]).toEqual([0, expect.stringContaining(`${DIGEST}, of the tag alone`)]);
    expect(said).toMatch(/files {3}not checked\n.*\n {2}problem \S/);
    expect(await status(desk, number)).toMatchObject({
      rejected_by: ['ada'],
      statements: [{ digest: DIGEST }],
    });
  });

  test('tags that are too many to be read are told, and the version is not approved', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'ben');
    const number = await version({ digest: DIGEST, ...junk(250) });
    const signed = await desk.run(['sign', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect(signed.code).toBe(0);
    expect(signed.said).toMatch(
      /\d+ tags named statement\.… could not be read.*the operator holds the version/,
    );
    expect(signed.said).toMatch(/\d+ more tags named statement\.… hold no statement/);
    const document = await status(desk, number);
    expect(document).toMatchObject({ approved_by: ['ada'], approved: false });
    expect(document.unread_tags).toBeGreaterThan(100);
    const { out } = await desk.run(['status', number, ...WHERE()]);
    expect(out).toContain('Not approved: too many tags could not be read.');
    expect(out.split('\n').length).toBeLessThan(40);
  });

  test('a rejection is taken back by the key that made it, and by no other', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada', 'ben');
    const number = await version();
    await desk.run(['reject', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    const other = await desk.run(['sign', number, ...desk.as('ben'), '--yes', ...WHERE()]);
    expect([other.code, other.said]).toEqual([1, expect.stringContaining('is rejected by ada')]);
    const same = await desk.run(['sign', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect(same.code).toBe(0);
    expect(await status(desk, number)).toMatchObject({
      approved_by: ['ada'],
      rejected_by: [],
      statements: [
        { kind: 'reject', counts: false, fault: 'taken-back' },
        { kind: 'promote', counts: true },
      ],
    });
  });

  test('a version of another tool, without a digest tag, is signed by the digest of its files', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const number = await version({});
    await desk.run(['sign', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect(await status(desk, number)).toMatchObject({ digest: DIGEST, approved_by: ['ada'] });
  });

  test('the card of the version is part of the statement, if it is the card that was registered', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const cards = new Map([
      ['card.md', Buffer.from('# Card')],
      ['card.html', Buffer.from('<h1>Card</h1>')],
    ]);
    const card = artifactDigest(cards);
    const files = new Map([...FILES, ...cards]);
    const tags = { digest: DIGEST, card_digest: card };
    const number = await registerVersion(url, { name: NAME, files, tags });
    await desk.run(['sign', number, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect(await status(desk, number)).toMatchObject({ card, statements: [{ card, counts: true }] });

    const changed = new Map([...files, ['card.md', Buffer.from('# Another')]]);
    const other = await registerVersion(url, { name: NAME, files: changed, tags });
    const { code, said } = await desk.run(['sign', other, ...desk.as('ada'), '--yes', ...WHERE()]);
    expect([code, said]).toEqual([1, expect.stringContaining('the model card of version')]);
    expect(await statementTags(other)).toEqual([]);
  });

  test('a step is approved by its weight', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const number = await version();
    const args = [number, '25', ...desk.as('ada'), '--yes', ...WHERE()];
    expect((await desk.run(['approve-step', ...args])).code).toBe(0);
    expect(await status(desk, number)).toMatchObject({
      approved: false,
      statements: [{ kind: 'approve-step', weightPercent: 25, counts: true }],
    });
    const wrong = await desk.run(['approve-step', number, '0', ...desk.as('ada'), ...WHERE()]);
    expect(wrong.code).toBe(2);
  });

  test('the alias moves after the statement is stored, and only from where the person saw it', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const [first, second] = [await version(), await version()];
    await registry.setAlias(NAME, 'champion', first);
    const move = ['sign', second, ...desk.as('ada'), '--move-alias', ...WHERE()];
    const moved = await desk.run(move, 'y');
    expect(moved.said).toContain(`Then champion moves from ${first} to ${second}.`);
    expect(await registry.resolveAlias(NAME, 'champion')).toBe(second);

    const third = await version();
    const raced = await desk.run(['sign', third, ...desk.as('ada'), '--move-alias', ...WHERE()], async () => {
      await registry.setAlias(NAME, 'champion', first);
      return 'y';
    });
    expect([raced.code, raced.said]).toEqual([1, expect.stringContaining('somebody moved it')]);
    expect(await registry.resolveAlias(NAME, 'champion')).toBe(first);
    expect(await statementTags(third)).toHaveLength(1);
  });

  test('says which version serves, from the tags of the operator', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const [serving, number] = [
      await version({ digest: DIGEST, 'rollout.loan-eligibility.loan-eligibility.status': 'Stable' }),
      await version(),
    ];
    const { out } = await desk.run(['status', number, ...WHERE()]);
    expect(out).toContain(`serves  version ${serving} in loan-eligibility.loan-eligibility (Stable)`);
  });

  test('nothing is stored if the person says no, or if there is nobody to ask', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const number = await version();
    for (const answer of ['n', undefined]) {
      const { code } = await desk.run(['sign', number, ...desk.as('ada'), ...WHERE()], answer);
      expect(code).toBe(1);
    }
    expect(await statementTags(number)).toEqual([]);
  });

  test('a reason of any length is signed so that it can be read again, or refused before anything is stored', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const number = await version();
    const reasons = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1_100 });
    await fc.assert(
      fc.asyncProperty(reasons, async (reason) => {
        const before = await statementTags(number);
        const args = ['reject', number, ...desk.as('ada'), `--reason=${reason}`, '--yes', ...WHERE()];
        const { code, said } = await desk.run(args);
        const after = await statementTags(number);
        if (code === 0) {
          expect(after).toHaveLength(before.length + 1);
          const { statements } = await status(desk, number);
          expect(statements.every((it: { counts: boolean }) => it.counts)).toBe(true);
        } else {
          expect([code, said]).toEqual([2, expect.stringMatching(/reason|keeps|characters/)]);
          expect(after).toEqual(before);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('versions and models that do not exist are told', async () => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const gone = await desk.run(['status', '99999', ...WHERE()]);
    expect([gone.code, gone.said]).toEqual([1, expect.stringContaining('has no version 99999')]);
    const alias = await desk.run(['status', 'staging', ...WHERE()]);
    expect([alias.code, alias.said]).toEqual([2, expect.stringContaining('neither the number')]);
  });
});

describe('an MLflow with credentials', () => {
  test.each([
    ['a token in a file', { token: 'abc' }, {}, 'Bearer abc'],
    ['a user in files', { username: 'ada', password: 'pw' }, {}, 'Basic YWRhOnB3'],
    ['a token in the environment', {}, { MLFLOW_TRACKING_TOKEN: 'abc' }, 'Bearer abc'],
    [
      'a user in the environment',
      {},
      { MLFLOW_TRACKING_USERNAME: 'ada', MLFLOW_TRACKING_PASSWORD: 'pw' },
      'Basic YWRhOnB3',
    ],
  ])('gets %s', async (_name, files, environment, wanted) => {
    using desk = new PromoteDesk();
    await desk.keygen('ada');
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(403).end('{"error_code": "PERMISSION_DENIED"}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    mkdirSync(`${desk.directory}/credentials`);
    for (const [name, value] of Object.entries(files))
      writeFileSync(`${desk.directory}/credentials/${name}`, value);
    const option = Object.keys(files).length > 0 ? ['--credentials', `${desk.directory}/credentials`] : [];
    const { code, said } = await desk.run(
      ['status', '7', '--tracking-uri', address, ...option],
      undefined,
      environment as Readonly<Record<string, string>>,
    );
    server.close();
    expect(seen[0]).toBe(wanted);
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(/check the credentials for this server: set MLFLOW_TRACKING_USERNAME/),
    ]);
    expect(said).not.toContain('pw');
  });
});
