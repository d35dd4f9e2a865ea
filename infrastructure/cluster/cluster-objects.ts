import { type Cluster, type ICluster, KubernetesManifest } from 'aws-cdk-lib/aws-eks-v2';
import type { NewCluster } from './new-cluster.ts';

/** Makes the objects of the whole cluster that the manifests of `k8s/eks` take for granted. */
export function addClusterObjects(cluster: Cluster, { nodes }: NewCluster): void {
  const auto = nodes.kind === 'auto';
  apply(cluster, 'storage-class', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'gp3',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: auto ? 'ebs.csi.eks.amazonaws.com' : 'ebs.csi.aws.com',
    parameters: { type: 'gp3', encrypted: 'true' },
    // The volume is made in the zone of the node that the pod is put on.
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
    reclaimPolicy: 'Delete',
  });
  if (!auto) return;
  // Auto Mode enforces NetworkPolicies only if this is set.
  apply(cluster, 'network-policy-controller', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'amazon-vpc-cni', namespace: 'kube-system' },
    data: { 'enable-network-policy-controller': 'true' },
  });
}

function apply(cluster: Cluster, id: string, manifest: Record<string, unknown>): void {
  new KubernetesManifest(cluster.stack, id, { cluster: cluster as ICluster, manifest: [manifest] });
}
