import { KubeConfig } from '@kubernetes/client-node';

/**
 * Loads the given kubeconfig file. Without a file it takes $KUBECONFIG, ~/.kube/config or the pod's service account.
 * @throws Error if the file cannot be read
 */
export function loadKubeConfig(file?: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (file === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(file);
  return kubeConfig;
}
