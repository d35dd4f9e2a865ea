import { z } from 'zod';
import { type RunProgram, runProgram } from '../../scripts/programs/run-program.ts';

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

const DOWNLOAD_SECONDS = 300;

/** Whether Go is installed. The definitions come as Go modules, and scanners too. */
export async function goAvailable(run: RunProgram = runProgram): Promise<boolean> {
  return run('go', ['version'], { timeoutSeconds: 10 }).then(
    ({ code }) => code === 0,
    () => false,
  );
}

/**
 * Paths of the files with the definitions. Go keeps what it downloads.
 * @throws Error that names the module that cannot be had
 */
export async function thirdPartyDefinitions(run: RunProgram = runProgram): Promise<string[]> {
  const files: string[] = [];
  for (const { module, files: names } of SOURCES) {
    const { stdout } = await run('go', ['mod', 'download', '-json', module], {
      timeoutSeconds: DOWNLOAD_SECONDS,
    });
    const answer = answerSchema.safeParse(JSON.parse(stdout || '{}'));
    if (!answer.success || answer.data.Dir === undefined)
      throw new Error(
        `go mod download ${module}: ${(answer.data?.Error ?? (stdout || 'no answer')).slice(0, 300)}`,
      );
    const directory = answer.data.Dir;
    files.push(...names.map((file) => `${directory}/${file}`));
  }
  return files;
}

const answerSchema = z.object({ Dir: z.string().optional(), Error: z.string().optional() });
