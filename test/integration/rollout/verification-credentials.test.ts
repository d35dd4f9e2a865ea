import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { verificationJob } from '../../../operators/rollout/cluster/verification-job.ts';
import { ManagedProcess } from '../../../scripts/stack/managed-process.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import { httpServer } from '../../support/http-server.ts';
import type { ManifestObject } from '../../support/manifest-objects.ts';
import { SPEC } from '../../support/rollout-world.ts';

const AUTHORIZATION = 'Bearer token-of-the-pods';
const START_MILLISECONDS = 60_000;
const directory = mkdtempSync(join(tmpdir(), 'verification-credentials-'));

beforeAll(() => writeFileSync(`${directory}/token`, 'token-of-the-pods'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the process of the Job with the variables of the Job. */
async function verify(registry: string, serving: Readonly<Record<string, string>>): Promise<void> {
  const env = Object.entries(serving).map(([name, value]) => ({ name, value }));
  const volumeMounts = [{ name: 'credentials', mountPath: directory }];
  const volumes = [{ name: 'credentials', secret: { secretName: 'mlflow-credentials' } }];
  const containers = [{ name: 'inference', image: 'inference:1', env, volumeMounts }];
  const deployment = {
    metadata: { name: 'inference' },
    spec: { selector: {}, template: { spec: { volumes, containers } } },
  };
  const owner = { metadata: { name: 'loan', namespace: 'lending', uid: 'u1' }, spec: SPEC };
  const candidate = { version: '7', since: '2026-01-01T00:00:00.000Z', registry };
  const made: ManifestObject | undefined = verificationJob(owner, candidate, deployment, ['node']);
  const variables: { name: string; value: string }[] = made?.spec.template.spec.containers[0].env ?? [];
  const process_ = new ManagedProcess({
    name: 'verify',
    command: process.execPath,
    arguments: [`${repositoryRoot}/services/inference/verify.ts`],
    environment: {
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      TERMINATION_MESSAGE_PATH: `${directory}/termination-log`,
    },
    logFile: `${directory}/verify.log`,
  });
  await process_.exit();
}

test.each<[string, (url: string) => Record<string, string>, (string | undefined)[]]>([
  ['the server of the pods gets the credentials', (url) => ({ MLFLOW_TRACKING_URI: url }), [AUTHORIZATION]],
  [
    'another server that the ModelDeployment names does not',
    () => ({ MLFLOW_TRACKING_URI: 'http://mlflow:5000' }),
    [undefined],
  ],
  ['no server does if the pods do not say which is theirs', () => ({}), [undefined]],
])(
  'verifying a version, %s',
  async (_what, serving, expected) => {
    const seen = new Set<string | undefined>();
    await using server = await httpServer((request, response) => {
      seen.add(request.headers.authorization);
      response.statusCode = 404;
      response.end('{"error_code":"RESOURCE_DOES_NOT_EXIST"}');
    });
    await verify(server.url, { ...serving(server.url), MLFLOW_CREDENTIALS_DIRECTORY: directory });
    expect([...seen]).toEqual(expected);
  },
  START_MILLISECONDS,
);
