import type { KubernetesClient } from '../../../services/shared/kubernetes/kubernetes-client.ts';

/** The UID of a namespace. No other namespace has it, in no cluster. */
export async function namespaceUid(client: KubernetesClient, namespace: string): Promise<string> {
  const { metadata } = await client.get(`/api/v1/namespaces/${namespace}`);
  if (metadata.uid === undefined) throw new Error(`the namespace ${namespace} has no UID`);
  return metadata.uid;
}
