import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { LEADER_LEASE } from '../services/shared/agreements/kubernetes-names.ts';
import { ComponentChart, NAMESPACE } from './component-chart.ts';

/**
 * Keeps the inference pods off the operator's Lease. Their own Leases are named by shard and pod, and a Role knows
 * neither prefixes nor exceptions. cdk8s-plus-27 does not know ValidatingAdmissionPolicy.
 */
export class LeaderLeaseChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'leader-lease', 'cluster');
    const name = 'loan-eligibility-leader-lease';
    new ApiObject(this, 'policy', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': NAMESPACE } },
          resourceRules: [
            {
              apiGroups: ['coordination.k8s.io'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE', 'DELETE'],
              resources: ['leases'],
              resourceNames: [LEADER_LEASE],
            },
          ],
        },
        validations: [
          {
            expression: `request.userInfo.username != 'system:serviceaccount:${NAMESPACE}:inference'`,
            message: `${LEADER_LEASE} is the operator's`,
          },
        ],
      },
    });
    new ApiObject(this, 'binding', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    });
  }
}
