import { readFileSync } from 'node:fs';
import { thirdPartyDefinitions } from '../support/third-party-definitions.ts';
import { command } from './command.ts';
import { manifestFiles } from './install.ts';
import { kubectl, NAMESPACE } from './kubectl.ts';

const TRIAL = `${NAMESPACE}-eks`;

/** The API server accepts every manifest for EKS, once it has the definitions of the operators on EKS. */
export async function eksDryRun(): Promise<string> {
  const definitions = await thirdPartyDefinitions();
  const filenames = definitions.flatMap((file) => ['--filename', file]);
  await kubectl(['apply', '--server-side', ...filenames]);
  try {
    await kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...filenames]);
    return await dryRun();
  } finally {
    await kubectl(['delete', '--ignore-not-found', '--wait=false', 'namespace', TRIAL]);
    await kubectl(['delete', '--ignore-not-found', ...filenames]);
  }
}

/** The manifests in a namespace of their own, so that the API server does not compare them with running objects. */
async function dryRun(): Promise<string> {
  const manifests = manifestFiles('eks')
    .map((file) => readFileSync(file, 'utf8'))
    .map((text) => text.replaceAll(`namespace: ${NAMESPACE}\n`, `namespace: ${TRIAL}\n`));
  const [namespace = '', ...others] = manifests;
  await applyText(namespace.replaceAll(`: ${NAMESPACE}\n`, `: ${TRIAL}\n`));
  const said = await applyText(others.join('---\n'), '--dry-run=server');
  return `${said.split('\n').length} objects`;
}

/** @throws Error if the API server refuses an object or warns */
async function applyText(manifests: string, ...args: readonly string[]): Promise<string> {
  const apply = ['apply', ...args, '--filename=-'];
  const { stdout, stderr } = await command('kubectl', apply, { input: manifests });
  if (stderr.includes('Warning')) throw new Error(stderr.trim());
  return stdout.trim();
}
