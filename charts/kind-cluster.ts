import { SYSTEM_NAME } from '../services/shared/agreements/kubernetes-names.ts';

/** The cluster that `make kind` creates. The environment `kind` and the cluster's own config both read this. */
export const KIND_CLUSTER = {
  name: SYSTEM_NAME,
  podNetwork: '10.244.0.0/16',
  serviceNetwork: '10.96.0.0/16',
  /** Port of the API server in the node. NetworkPolicies see this port. */
  apiServerPort: 6443,
} as const;
