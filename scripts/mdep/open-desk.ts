import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../services/shared/clock.ts';
import { loadKubeConfig } from '../../services/shared/kubernetes/kube-config.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { CommandInput } from '../command-line/command.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { Desk, Screen } from './desk.ts';
import { COLOURED, PLAIN } from './draw/style.ts';
import { ModelDeployments } from './model-deployments.ts';

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface OpenDesk extends Desk {
  readonly close: () => Promise<void>;
}

/** @throws UsageError if the kubeconfig or one of the options leads nowhere */
export function openDesk(
  input: CommandInput,
  { environment, screen, clock, signal }: Surroundings,
): OpenDesk {
  const output = input.text('output');
  if (output !== undefined && output !== 'json')
    throw new UsageError(`--output ${output}: give json, or leave the option out for text`);
  const kubeConfig = kubeConfigOf(input);
  const context = kubeConfig.getCurrentContext();
  const namespace = input.text('namespace') ?? kubeConfig.getContextObject(context)?.namespace ?? 'default';
  const client = new KubernetesClient({ kubeConfig });
  return {
    deployments: new ModelDeployments(client, namespace),
    screen,
    style: isColoured(environment, screen) ? COLOURED : PLAIN,
    clock,
    signal,
    context,
    close: () => client.close(),
  };
}

function kubeConfigOf(input: CommandInput): KubeConfig {
  const file = input.text('kubeconfig');
  let kubeConfig: KubeConfig;
  try {
    kubeConfig = loadKubeConfig(file);
  } catch (error) {
    throw new UsageError(
      `${file === undefined ? '$KUBECONFIG' : `--kubeconfig ${file}`}: ${(error as Error).message}`,
    );
  }
  const context = input.text('context');
  if (context === undefined) return kubeConfig;
  if (kubeConfig.getContextObject(context) === null)
    throw new UsageError(
      `--context ${context}: there is no such context; \`kubectl config get-contexts\` lists them`,
    );
  kubeConfig.setCurrentContext(context);
  return kubeConfig;
}

/** https://no-color.org: any value of NO_COLOR that is not empty. */
function isColoured({ NO_COLOR = '', TERM }: Surroundings['environment'], { height }: Screen): boolean {
  return height !== undefined && NO_COLOR === '' && TERM !== 'dumb';
}
