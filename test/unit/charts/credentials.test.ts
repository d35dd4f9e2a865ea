import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defineEnvironment } from '../../../charts/environment.ts';
import { eks, kind } from '../../../charts/environments.ts';
import { MLFLOW_COMMAND } from '../../../charts/mlflow-start.ts';
import { writePasswordFile } from '../../../charts/password-file.ts';
import { checkManifests, clusterManifests, systemManifests } from '../../../charts/system.ts';
import { type ManifestObject, objectsOf, podTemplate } from '../../support/manifest-objects.ts';

const searching = defineEnvironment({ ...kind, training: { ...kind.training, searchPods: 2 } });

describe.each([
  ['kind', systemManifests(kind)],
  ['kind with a search by many pods', systemManifests(searching)],
  ['eks', systemManifests(eks)],
  ['cluster', clusterManifests()],
  ['checks', checkManifests(kind)],
])('credentials in the manifests of %s', (_name, manifests) => {
  const objects = objectsOf(manifests);

  test('reach a container in no variable', () => {
    expect(JSON.stringify(objects)).not.toMatch(/secretKeyRef|secretRef/);
  });

  test('are in no URL', () => {
    expect(JSON.stringify(objects)).not.toMatch(/\w:\/\/[^/"\s@]*:[^/"\s@]*@/);
  });

  test('are files that the group of the pod may read and nobody may write', () => {
    const pods = objects.flatMap((object) => podTemplate(object)?.spec ?? []);
    for (const { volumes = [], containers = [], initContainers = [], securityContext } of pods)
      for (const { name, secret } of volumes.filter(({ secret: of }: ManifestObject) => of)) {
        expect(secret.defaultMode).toBe(0o440);
        expect(secret.items.length).toBeGreaterThan(0);
        expect(securityContext.fsGroup).toBe(securityContext.runAsGroup);
        const mounts = [...containers, ...initContainers].flatMap(({ volumeMounts = [] }) => volumeMounts);
        for (const mount of mounts.filter((own: ManifestObject) => own.name === name))
          expect(mount.readOnly).toBe(true);
      }
  });
});

describe('a password becomes the password file of libpq', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(`${tmpdir()}/credentials-`);
    writeFileSync(
      `${folder}/mlflow`,
      `#!/bin/sh\nprintf '%s|' "$@" "\${MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY-unset}" "$(umask)"\n`,
    );
    chmodSync(`${folder}/mlflow`, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (content: string | Buffer) => {
    writeFileSync(`${folder}/password`, content);
    const script = writePasswordFile(`${folder}/password`, `${folder}/pgpass`);
    return spawnSync('sh', ['-euc', script], { encoding: 'utf8' });
  };

  test('whatever characters it has', () => {
    const character = fc.oneof(fc.constantFrom(...'\\:\'"`$%*#@/& \t'), fc.string({ unit: 'binary' }));
    const password = fc
      .string({ unit: character, minLength: 1, maxLength: 40 })
      .filter((text) => text !== '' && !/[\0\n\r]/.test(text));
    fc.assert(
      fc.property(password, fc.constantFrom('', '\n'), (text, end) => {
        expect(write(text + end)).toMatchObject({ status: 0, stderr: '' });
        expect(statSync(`${folder}/pgpass`).mode & 0o777).toBe(0o600);
        expect(passwordIn(readFileSync(`${folder}/pgpass`, 'utf8'))).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['', 'empty'],
    ['\n', 'only a line feed'],
    ['one\ntwo', 'two lines'],
  ])('but %j is refused: %s', (content) => {
    const { status, stderr } = write(content);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`${folder}/password: must hold the password of the database in one line`);
  });

  test('and MLflow starts with its arguments, the webhook key and an ordinary umask', () => {
    writeFileSync(`${folder}/password`, 'secret');
    writeFileSync(`${folder}/key`, 'a-key=\n');
    const start = (variables: Record<string, string>) =>
      execFileSync('sh', [...MLFLOW_COMMAND.slice(1), 'server', '--port=1 2'], {
        encoding: 'utf8',
        env: {
          PATH: `${folder}:${process.env.PATH}`,
          DATABASE_PASSWORD_FILE: `${folder}/password`,
          PGPASSFILE: `${folder}/pgpass`,
          ...variables,
        },
      });
    const umask = execFileSync('sh', ['-c', 'umask'], { encoding: 'utf8' }).trim();
    expect(start({ WEBHOOK_KEY_FILE: `${folder}/key` })).toBe(`server|--port=1 2|a-key=|${umask}|`);
    expect(start({})).toBe(`server|--port=1 2|unset|${umask}|`);
    expect(readFileSync(`${folder}/pgpass`, 'utf8')).toBe('*:*:*:*:secret\n');
  });
});

/** The fifth field of a line as libpq reads it: https://www.postgresql.org/docs/15/libpq-pgpass.html */
function passwordIn(file: string): string {
  expect(file).toMatch(/^\*:\*:\*:\*:[^\n]+\n$/);
  return file.slice('*:*:*:*:'.length, -1).replaceAll(/\\(.)/gsu, '$1');
}
