import { z } from 'zod';
import { command, tryCommand } from './command.ts';
import { apply, manifestFiles } from './install.ts';
import { kubectl } from './kubectl.ts';

/** Modules whose source has the definitions that k8s/eks needs, and the files. */
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
];

/** Whether the definitions can be fetched: they come as Go modules. */
export async function goAvailable(): Promise<boolean> {
  return (await tryCommand('go', ['version']).catch(() => ({ code: 1 }))).code === 0;
}

/** The API server accepts every manifest for EKS, beside the definitions of the operators that EKS has. */
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
    const [namespace = '', ...files] = manifestFiles('eks');
    await apply([namespace]);
    const objects = await apply(files, '--dry-run=server');
    return `${objects.length} objects`;
  } finally {
    await kubectl(['delete', '--ignore-not-found', ...filenames]);
  }
}
