import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { command, tryCommand } from './command.ts';
import { manifestFiles } from './install.ts';
import { kubectl, NAMESPACE } from './kubectl.ts';

/** Go modules with the custom resource definitions that k8s/eks needs, and the files in them. */
const SOURCES = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    files: [
      'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  },
  {
    module: 'github.com/kedacore/keda/v2@v2.21.0',
    files: ['config/crd/bases/keda.sh_scaledobjects.yaml'],
  },
  {
    // The newest version that is a Go module. It already has `external-secrets.io/v1`.
    module: 'github.com/external-secrets/external-secrets@v0.20.4',
    files: [
      'config/crds/bases/external-secrets.io_externalsecrets.yaml',
      'config/crds/bases/external-secrets.io_secretstores.yaml',
    ],
  },
];

const TRIAL = `${NAMESPACE}-eks`;

/** Whether Go is installed. The definitions come as Go modules. */
export async function goAvailable(): Promise<boolean> {
  return (await tryCommand('go', ['version']).catch(() => ({ code: 1 }))).code === 0;
}

/** The API server accepts every manifest for EKS, once it has the definitions of the operators on EKS. */
export async function eksDryRun(): Promise<string> {
  const definitions: string[] = [];
  for (const { module, files } of SOURCES) {
    const { stdout } = await command('go', ['mod', 'download', '-json', module]);
    const { Dir: directory } = z.object({ Dir: z.string() }).parse(JSON.parse(stdout));
    definitions.push(...files.map((file) => `${directory}/${file}`));
  }
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
