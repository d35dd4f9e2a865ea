import { LABEL_MATCHERS } from '../../../services/shared/model-deployment/label-matchers.ts';
import { MetricsError } from './prometheus.ts';
import type { Subject } from './subject.ts';

/** Above this number the names would make each query longer than 100 kB. */
const MAXIMUM_NAMES = 100;
/** Kubernetes cuts the beginning of a pod's name to this length, and adds a random part. */
const PREFIX_LENGTH = 58;
const RANDOM_PART = '[a-z0-9]{5}';
const RANDOM_LENGTH = 5;
/** A pod has no such name, so a query with it has no value. */
const NO_POD = 'no pod of the target';

const KUBERNETES_NAME = /^[a-z0-9][-.a-z0-9]{0,252}$/;

/**
 * Label matchers of the target's own pods, and those of `spec.analysis.matchers`. The names are exact, so neither a pod
 * with a similar name nor a pod of another cluster counts. The beginnings that the names have in each ReplicaSet are matched
 * if there are more than 100 pods, or if names of pods that are gone may lack.
 * @throws MetricsError `refused` if a name could change the meaning of the query
 */
export function podMatchers({ namespace, deployment, pods, podsMayLack, matchers }: Subject): string {
  if (matchers !== undefined && !LABEL_MATCHERS.test(matchers))
    throw new MetricsError('refused', 'spec.analysis.matchers are not label matchers such as cluster="prod"');
  for (const name of [namespace, deployment, ...(pods ?? [])]) kubernetesName(name);
  const names = pods === undefined ? byDeployment(deployment) : byName(pods, podsMayLack);
  const own = `namespace="${namespace}",pod=~"${names}"`;
  return matchers === undefined ? own : `${own},${matchers}`;
}

/** @throws MetricsError `refused` if this is not the name of an object in Kubernetes */
export function kubernetesName(name: string): string {
  if (KUBERNETES_NAME.test(name)) return name;
  throw new MetricsError(
    'refused',
    `${JSON.stringify(name)} is not a name in Kubernetes, so nothing was asked`,
  );
}

function byName(pods: readonly string[], mayLack = false): string {
  if (pods.length === 0) return NO_POD;
  if (pods.length <= MAXIMUM_NAMES && !mayLack) return [...pods].sort().map(literal).join('|');
  const beginnings = new Set(pods.map((name) => name.slice(0, -RANDOM_LENGTH)));
  return [...beginnings]
    .sort()
    .map((beginning) => `${literal(beginning)}${RANDOM_PART}`)
    .join('|');
}

/** Also matches pods of other workloads whose names look alike. */
function byDeployment(deployment: string): string {
  const beginning = literal(`${deployment}-`.slice(0, PREFIX_LENGTH));
  const longest = `${deployment}-0123456789-`.length;
  return longest <= PREFIX_LENGTH ? `${beginning}[a-z0-9]+-${RANDOM_PART}` : `${beginning}[-a-z0-9]*`;
}

/** Names have no other character with a meaning in a regular expression. PromQL needs the second backslash. */
function literal(name: string): string {
  return name.replaceAll('.', '\\\\.');
}
