import { SYSTEM_NAME } from '../../services/shared/agreements/kubernetes-names.ts';
import { KubernetesClient } from '../../services/shared/kubernetes/kubernetes-client.ts';
import type { ModelDeployment } from '../../services/shared/model-deployment/model-deployment.ts';
import type { CommandInput } from '../command-line/command.ts';
import type { Environment } from '../command-line/run-tool.ts';
import { UsageError } from '../command-line/usage-error.ts';
import { listed } from '../command-line/words.ts';
import { type ChosenContext, CLUSTER_OPTIONS, chosenContext } from '../kubernetes/chosen-context.ts';
import { ModelDeployments } from '../mdep/model-deployments.ts';

/** The ModelDeployments that follow an alias of a model. They know which statements are used up. */
export type Followers =
  | { readonly kind: 'read'; readonly objects: readonly ModelDeployment[] }
  | { readonly kind: 'unknown'; readonly why: string };

interface Followed {
  readonly model: string;
  readonly alias: string;
}

/** MLflow is asked too, so a cluster that is away must not take long. */
const TIMEOUT_MILLISECONDS = 5_000;
const MOST_TAGGED = 4;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Finds them through the kubeconfig of the person.
 * @param namespaces where to look first: those of ModelDeployments that left a tag at a version
 * @throws UsageError if an option names a cluster that is not there. Without options that is only a reason not to know.
 */
export async function findFollowers(
  input: CommandInput,
  environment: Environment,
  followed: Followed,
  namespaces: readonly string[],
): Promise<Followers> {
  let chosen: ChosenContext;
  try {
    chosen = chosenContext(input, environment);
  } catch (error) {
    const isAsked = CLUSTER_OPTIONS.some(({ name }) => input.text(name) !== undefined);
    if (isAsked || !(error instanceof UsageError)) throw error;
    return { kind: 'unknown', why: error.message };
  }
  if (chosen.isGuess) return { kind: 'unknown', why: 'there is no kubeconfig' };
  if (input.text('namespace') !== undefined) return read(chosen, [chosen.namespace], followed);
  const tagged = namespaces.filter((name) => NAMESPACE.test(name)).slice(0, MOST_TAGGED);
  return read(chosen, [...new Set([...tagged, chosen.namespace, SYSTEM_NAME])], followed);
}

async function read(chosen: ChosenContext, asked: readonly string[], followed: Followed): Promise<Followers> {
  const client = new KubernetesClient({
    kubeConfig: chosen.kubeConfig,
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
  });
  try {
    const { signal } = new AbortController();
    const answers = await Promise.allSettled(
      asked.map((namespace) => new ModelDeployments(client, { ...chosen, namespace }).list(signal)),
    );
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const { model, alias } = followed;
    const objects = found.filter(({ spec }) => spec.model === model && spec.registry.alias === alias);
    if (objects.length > 0) return { kind: 'read', objects };
    const failure = answers.find((answer) => answer.status === 'rejected');
    if (failure !== undefined) return { kind: 'unknown', why: (failure.reason as Error).message };
    const why = `no ModelDeployment follows ${alias} of ${model} in namespace ${listed(asked)}: give --namespace`;
    return { kind: 'unknown', why };
  } finally {
    await client.close();
  }
}
