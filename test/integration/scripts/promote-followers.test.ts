import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KubernetesObject } from '../../../services/shared/kubernetes/objects.ts';
import {
  type ModelDeployment,
  modelDeploymentPath,
} from '../../../services/shared/model-deployment/model-deployment.ts';
import type { ModelDeploymentStatus } from '../../../services/shared/model-deployment/status.ts';
import { InstalledSystem, NAMESPACE } from '../../support/installed-system.ts';
import { digestOf, loanArtifact } from '../../support/model/loan-model.ts';
import { registerVersion } from '../../support/register-version.ts';
import { rolloutsOfAllPhases, stateIn } from '../../support/rollouts-of-all-phases.ts';
import { sharedMlflow } from '../../support/shared-servers.ts';
import { PromoteDesk } from '../../support/statements/promote-tool.ts';

const MODEL = 'followed';
const FILES = loanArtifact();
const DIGEST = digestOf(FILES);

let system: InstalledSystem;
let url: string;
let waits: ModelDeployment;
let desk: PromoteDesk;
let version: string;
let hash: string;
let at: string;

beforeAll(async () => {
  [system, url] = await Promise.all([InstalledSystem.start(), sharedMlflow()]);
  waits = stateIn(await rolloutsOfAllPhases(), 'AwaitingApproval');
  const { apiVersion, kind, spec } = waits;
  const approval = { required: 2, publicKeys: { configMap: 'promotion-keys' }, automatedKeys: ['training'] };
  const registry = { ...spec.registry, url: 'http://mlflow:5000' };
  const object = {
    apiVersion,
    kind,
    metadata: { name: 'loan' },
    spec: { ...spec, model: MODEL, registry, approval },
  };
  await system.administrator.create(modelDeploymentPath(NAMESPACE), object as KubernetesObject);

  desk = new PromoteDesk();
  await desk.keygen('ada', 'ben');
  version = await registerVersion(url, { name: MODEL, files: FILES, tags: { digest: DIGEST } });
  const { code, said } = await promote(['sign', version, ...desk.as('ada'), '--yes']);
  if (code !== 0) throw new Error(said);
  const { statements } = await status();
  ({ hash, at } = statements[0]);
}, 300_000);

afterAll(async () => {
  desk?.[Symbol.dispose]();
  await system?.[Symbol.asyncDispose]();
});

function promote(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const where = ['--model', MODEL, '--tracking-uri', url];
  return desk.run([...args, ...where], undefined, { KUBECONFIG: system.kubeConfigFile, ...environment });
}

async function status(...more: readonly string[]) {
  const { code, out, said } = await promote(['status', version, '--json', ...more]);
  if (code !== 0) throw new Error(said);
  return JSON.parse(out);
}

async function have(status: ModelDeploymentStatus): Promise<void> {
  const path = `${modelDeploymentPath(NAMESPACE, 'loan')}/status`;
  await system.administrator.merge(path, { status: { usedStatements: null, stable: null, ...status } });
}

const stable = () => ({
  version,
  runId: 'run',
  digest: DIGEST,
  since: at,
  approvals: [{ hash, keys: ['ada'], actor: 'Ada', reason: 'because', at }],
});

describe('promote, with the ModelDeployment that follows the alias', () => {
  test('judges by what it demands', async () => {
    await have({ phase: 'AwaitingApproval' });
    expect(await status()).toMatchObject({
      rollouts: [{ namespace: NAMESPACE, name: 'loan' }],
      required: 2,
      approved_by: ['ada'],
      approved: false,
    });
    const { out } = await promote(['status', version]);
    expect(out).toContain(`rollout ${NAMESPACE}.loan demands statements by 2 keys`);
    expect(out).toContain('The automated key training is no key here');
    expect(await status('--required', '1')).toMatchObject({ required: 1, approved: true });
  });

  test('tells a statement that is used up, and signs again without --again', async () => {
    await have({ phase: 'AwaitingApproval', usedStatements: { hashes: [{ hash, at }] } });
    expect(await status()).toMatchObject({
      statements: [
        { counts: false, fault: 'used-up', message: expect.stringContaining('used before in loan') },
      ],
      approved_by: [],
    });
    const { code, said } = await promote(['sign', version, ...desk.as('ada')]);
    expect(code).toBe(1);
    expect(said).toContain('does not count: it is of');
    expect(said).toContain('You state as ada Example');
  });

  test('tells a statement as used up if the version left service after it', async () => {
    await have({
      phase: 'AwaitingApproval',
      history: [
        {
          version,
          runId: 'run',
          digest: DIGEST,
          since: at,
          until: new Date(Date.now() + 60_000).toISOString(),
          outcome: 'Served',
        },
      ],
    });
    expect(await status()).toMatchObject({ statements: [{ fault: 'used-up' }], approved_by: [] });
    await have({ history: null as never });
  });

  test('counts the statements that let the version serve, although they are used up', async () => {
    await have({ phase: 'Stable', stable: stable(), usedStatements: { hashes: [{ hash, at }] } });
    const document = await status();
    expect(document).toMatchObject({
      statements: [{ counts: true, in_use_by: 'loan' }],
      approved_by: ['ada'],
    });
    expect((await promote(['status', version])).out).toContain('yes: in use by loan');
  });

  test('says if it is not known which statements are used up, and why', async () => {
    await have({ phase: 'AwaitingApproval', usedStatements: { hashes: [{ hash, at }] } });
    const config = JSON.parse(readFileSync(system.kubeConfigFile, 'utf8'));
    config.users[0].user.as = 'nobody';
    const file = join(dirname(system.kubeConfigFile), 'nobody.json');
    writeFileSync(file, JSON.stringify(config));
    for (const [kubeConfig, why] of [
      ['', 'there is no kubeconfig'],
      ['/nowhere/config', '$KUBECONFIG: there is no file /nowhere/config'],
      [file, 'you need the verb list on modeldeployments.serving.loan-eligibility.dev'],
    ] as const) {
      const { code, out } = await promote(['status', version], { KUBECONFIG: kubeConfig });
      expect(code).toBe(0);
      expect(out).toContain('rollout not known, so used-up statements do not show: ');
      expect(out).toContain(why);
    }
    const elsewhere = await promote(['status', version, '--json', '--namespace', 'default']);
    expect(JSON.parse(elsewhere.out)).toMatchObject({
      rollouts: null,
      rollouts_unknown: expect.stringContaining(
        'no ModelDeployment follows champion of followed in namespace default',
      ),
    });
    const wrong = await promote(['status', version, '--context', 'nope']);
    expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining('--context nope')]);
  });
});
