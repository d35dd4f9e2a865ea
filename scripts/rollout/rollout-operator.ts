import { delimiter, dirname } from 'node:path';
import process from 'node:process';
import type { RolloutVariable } from '../../services/shared/agreements/environment-variables.ts';
import { HTTP_PATHS } from '../../services/shared/agreements/http-paths.ts';
import { freePort } from '../stack/free-port.ts';
import { answers, ManagedProcess } from '../stack/managed-process.ts';
import { repositoryRoot } from '../stack/paths.ts';

export interface RolloutOperatorOptions {
  /** Directory for the log. */
  readonly directory: string;
  readonly namespace: string;
  readonly kubeConfigFile: string;
}

/** Starts the operator as a process of its own, with an administrator's rights. */
export async function startRolloutOperator(options: RolloutOperatorOptions): Promise<ManagedProcess> {
  const port = await freePort();
  const variables: Partial<Record<RolloutVariable, string>> = {
    POD_NAME: 'rollout-0',
    POD_NAMESPACE: options.namespace,
    HTTP_PORT: String(port),
    KUBECONFIG: options.kubeConfigFile,
    REGISTRY_HOSTS: '127.0.0.1',
    PROMETHEUS_HOSTS: '127.0.0.1',
  };
  const operator = new ManagedProcess({
    name: 'rollout operator',
    command: process.execPath,
    arguments: [`${repositoryRoot}/operators/rollout/main.ts`],
    environment: { ...variables, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    logFile: `${options.directory}/operator.log`,
    workingDirectory: repositoryRoot,
  });
  await operator.waitUntil('ready', 60_000, () => answers(`http://127.0.0.1:${port}${HTTP_PATHS.ready}`));
  return operator;
}
