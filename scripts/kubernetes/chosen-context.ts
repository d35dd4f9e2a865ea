import type { KubeConfig } from '@kubernetes/client-node';
import { printable } from '../../services/shared/printable.ts';
import type { CommandInput, CommandOption } from '../command-line/command.ts';
import { fileReason } from '../command-line/file-reason.ts';
import type { Environment } from '../command-line/run-tool.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { isInPod, kubeConfigFiles, peopleKubeConfig } from './people-kube-config.ts';

/** Which cluster and namespace, by the names that kubectl has. */
export const CLUSTER_OPTIONS: readonly CommandOption[] = [
  {
    name: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'namespace of the ModelDeployment (default the namespace of the context)',
  },
  { name: 'context', value: 'NAME', help: 'context of the kubeconfig (default the current context)' },
  { name: 'kubeconfig', value: 'PATH', help: 'kubeconfig file (default $KUBECONFIG, else ~/.kube/config)' },
];

/** The cluster that options and environment name. */
export interface ChosenContext {
  readonly kubeConfig: KubeConfig;
  readonly context: string;
  readonly namespace: string;
  /** True if there is no kubeconfig, so that nobody said where the cluster is. */
  readonly isGuess: boolean;
}

/** A name of an object or of a namespace. Another text could lead to another path of the API. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** @throws UsageError if the kubeconfig or one of the options leads nowhere */
export function chosenContext(input: CommandInput, environment: Environment): ChosenContext {
  const option = input.text('kubeconfig') || undefined;
  const { kubeConfig, isGuess } = load(option, environment);
  const file = option === undefined ? 'the kubeconfig' : `the kubeconfig ${option}`;
  const context = input.text('context') ?? kubeConfig.getCurrentContext();
  if (!context)
    throw new UsageError(
      `${file} has no current context: give --context, or run \`kubectl config use-context NAME\``,
    );
  const found = kubeConfig.getContextObject(context);
  if (found === null)
    throw new UsageError(
      `${input.text('context') === undefined ? 'the current context' : '--context'} ${context}: there is no such context; \`kubectl config get-contexts\` lists them`,
    );
  kubeConfig.setCurrentContext(context);
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null)
    throw new UsageError(
      `the context ${context} is for the cluster ${found.cluster}, and ${file} has no such cluster`,
    );
  if (!/^https?:$/.test(URL.parse(cluster.server)?.protocol ?? ''))
    throw new UsageError(`the server of the cluster ${found.cluster} in ${file} is no http or https URL`);
  const namespace = input.text('namespace') ?? (found.namespace || 'default');
  assertName('--namespace', namespace);
  return { kubeConfig, context, namespace, isGuess };
}

/** @throws UsageError if no object can have the name */
export function assertName(what: string, name: string): void {
  if (NAME.test(name)) return;
  throw new UsageError(
    `${what} ${printable(JSON.stringify(name), 80)}: give a name of lower-case letters, digits, - and .`,
  );
}

function load(option: string | undefined, environment: Environment) {
  try {
    const isGuess = option === undefined && !isInPod() && kubeConfigFiles(environment).length === 0;
    return { kubeConfig: peopleKubeConfig(option, environment), isGuess };
  } catch (error) {
    const where = option === undefined ? sourceOf(environment) : `--kubeconfig ${option}`;
    throw new UsageError(`${where}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

function sourceOf({ KUBECONFIG }: Environment): string {
  return KUBECONFIG ? '$KUBECONFIG' : '~/.kube/config';
}

/** One line. A parser of YAML shows the lines of the file, which may hold secrets. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return fileReason(error) ?? printable(error.message.split('\n')[0] ?? '');
}
