import type { Construct } from 'constructs';
import { LEADER_LEASE } from '../services/shared/agreements/kubernetes-names.ts';
import { AdmissionPolicy } from './admission-policy.ts';
import { ComponentChart, NAMESPACE } from './component-chart.ts';

/**
 * Keeps the inference pods away from the operator's Lease. Their own Leases have names by shard and pod, and RBAC can
 * match neither name prefixes nor exceptions.
 */
export class LeaderLeaseChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'leader-lease', 'cluster');
    new AdmissionPolicy(this, 'loan-eligibility-leader-lease', {
      rule: {
        apiGroups: ['coordination.k8s.io'],
        operations: ['CREATE', 'UPDATE', 'DELETE'],
        resourceNames: [LEADER_LEASE],
        resources: ['leases'],
      },
      validations: {
        [`Lease ${LEADER_LEASE} belongs to the operator`]: `request.userInfo.username != 'system:serviceaccount:${NAMESPACE}:inference'`,
      },
    });
  }
}
