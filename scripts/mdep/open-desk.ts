import type { Clock } from '../../services/shared/clock.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { CommandInput } from '../command-line/command.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { assertName, chosenContext } from '../kubernetes/chosen-context.ts';
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
  for (const name of input.operands) assertName('NAME', name);
  const chosen = chosenContext(input, environment);
  const client = new KubernetesClient({ kubeConfig: chosen.kubeConfig });
  return {
    deployments: new ModelDeployments(client, chosen),
    screen,
    style: isColoured(environment, screen) ? COLOURED : PLAIN,
    clock,
    signal,
    close: () => client.close(),
  };
}

/** https://no-color.org: any value of NO_COLOR that is not empty. */
function isColoured({ NO_COLOR = '', TERM }: Surroundings['environment'], { height }: Screen): boolean {
  return height !== undefined && NO_COLOR === '' && TERM !== 'dumb';
}
