import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Environment } from '../command-line/run-tool.ts';

/** A pod with a service account has it. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** Where kubectl looks if nothing says where the cluster is. */
const NO_CLUSTER = { name: 'default', server: 'http://localhost:8080', skipTLSVerify: false };

/**
 * Loads the given kubeconfig file. Without a file it takes $KUBECONFIG, ~/.kube/config or the pod's service account, and
 * else http://localhost:8080, as kubectl does.
 * @throws Error if a file cannot be read, or if $KUBECONFIG names none that exists
 */
export function peopleKubeConfig(file: string | undefined, environment: Environment): KubeConfig {
  const files = file === undefined ? kubeConfigFiles(environment) : [file];
  if (files.length > 0) return merged(files.map(loaded));
  const kubeConfig = new KubeConfig();
  if (isInPod()) kubeConfig.loadFromCluster();
  else kubeConfig.loadFromClusterAndUser(NO_CLUSTER, { name: 'default' });
  return kubeConfig;
}

/**
 * The files that are read if no option names one. Empty if there is none.
 * @throws Error if $KUBECONFIG names no file that exists
 */
export function kubeConfigFiles({ KUBECONFIG = '', HOME, USERPROFILE }: Environment): readonly string[] {
  const named = KUBECONFIG.split(delimiter).filter(Boolean);
  if (named.length > 0) {
    const files = named.filter((name) => existsSync(name));
    if (files.length > 0) return files;
    throw new Error(`there is no file ${named.join(' or ')}`);
  }
  const file = join(HOME || USERPROFILE || '/nonexistent', '.kube', 'config');
  return existsSync(file) ? [file] : [];
}

/** Whether the pod of this process says where the cluster is. */
export function isInPod(): boolean {
  return existsSync(POD_TOKEN);
}

function loaded(file: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  return kubeConfig;
}

/** As kubectl merges them: the first file that sets a name or the current context wins. */
function merged([first = new KubeConfig(), ...others]: readonly KubeConfig[]): KubeConfig {
  const isNew = <T extends { readonly name: string }>(known: readonly T[]) => {
    const names = new Set(known.map(({ name }) => name));
    return ({ name }: T) => !names.has(name);
  };
  for (const other of others) {
    first.clusters = [...first.clusters, ...other.clusters.filter(isNew(first.clusters))];
    first.users = [...first.users, ...other.users.filter(isNew(first.users))];
    first.contexts = [...first.contexts, ...other.contexts.filter(isNew(first.contexts))];
    if (!first.currentContext) first.currentContext = other.currentContext;
  }
  return first;
}
