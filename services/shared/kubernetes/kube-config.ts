import { KubeConfig } from '@kubernetes/client-node';

/**
 * The cluster to talk to: the given kubeconfig file, else the library's order: $KUBECONFIG, ~/.kube/config, the pod's service account.
 * @throws where the file cannot be read
 */
export function loadKubeConfig(file?: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (file === undefined) kubeConfig.loadFromDefault();
  else kubeConfig.loadFromFile(file);
  return kubeConfig;
}
