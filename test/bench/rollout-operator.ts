import { build } from 'esbuild';
import { freePort } from '../../scripts/stack/free-port.ts';
import { answers, ManagedProcess } from '../../scripts/stack/managed-process.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

export const WEBHOOK_SECRET = 'secret-of-the-benchmark';

export interface BenchOperatorOptions {
  /** Name of the pod. */
  readonly name: string;
  readonly namespace: string;
  /** Directory for log files. */
  readonly directory: string;
  readonly bundle: string;
  readonly kubeConfigFile: string;
  /** Whether MLflow calls the operator's webhook. */
  readonly webhooks: boolean;
  /** Options of Node.js, beside those of the image. */
  readonly nodeOptions?: readonly string[];
}

export interface BenchOperator extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** Starts one replica as a process of its own, with the options of its image. */
export async function startBenchOperator(options: BenchOperatorOptions): Promise<BenchOperator> {
  const { name, namespace, directory, bundle, kubeConfigFile, webhooks, nodeOptions = [] } = options;
  const port = await freePort();
  const operator = new ManagedProcess({
    name,
    command: process.execPath,
    // The image sets this too. A small young generation halves the memory, and costs half a percent of a core.
    arguments: ['--max-semi-space-size=4', ...nodeOptions, bundle],
    environment: {
      KUBECONFIG: kubeConfigFile,
      POD_NAME: name,
      POD_NAMESPACE: namespace,
      HTTP_PORT: String(port),
      LOG_LEVEL: 'warn',
      REGISTRY_HOSTS: '127.0.0.1',
      PROMETHEUS_HOSTS: '127.0.0.1',
      ...(webhooks ? { WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/mlflow`, WEBHOOK_SECRET } : {}),
    },
    logFile: `${directory}/${name}.log`,
  });
  await operator.waitUntil('ready', 60_000, () => answers(`http://127.0.0.1:${port}/readyz`));
  return { pid: operator.pid, port, [Symbol.asyncDispose]: () => operator.stop() };
}

/** Bundles the operator like the image does. @returns the path of the bundle */
export async function bundleOperator(directory: string): Promise<string> {
  const outdir = `${directory}/operator`;
  await build({
    entryPoints: { rollout: `${repositoryRoot}/operators/rollout/main.ts` },
    bundle: true,
    splitting: true,
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outdir,
    logLevel: 'error',
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  return `${outdir}/rollout.mjs`;
}
