import { stringify } from 'yaml';
import { KIND_CLUSTER } from '../../charts/kind-cluster.ts';

/**
 * Image of the nodes by digest: the image that kind v0.30.0 uses by default, as its own source names it (pkg/apis/config/defaults/image.go).
 * Other versions of kind accept the image too.
 */
const NODE_IMAGE =
  'kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a';

/** Config for `kind create cluster --config`, with the networks that charts/environments.ts tells the system. */
export function clusterConfig(): string {
  return stringify({
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    kind: 'Cluster',
    networking: {
      ipFamily: 'ipv4',
      podSubnet: KIND_CLUSTER.podNetwork,
      serviceSubnet: KIND_CLUSTER.serviceNetwork,
    },
    nodes: [{ role: 'control-plane', image: NODE_IMAGE }],
  });
}
