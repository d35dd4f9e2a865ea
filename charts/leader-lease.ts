import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { LEADER_LEASE } from '../services/shared/agreements/kubernetes-names.ts';
import { ComponentChart, NAMESPACE } from './component-chart.ts';

/**
 * Keeps the inference pods away from the operator's Lease. Their own Leases have names by shard and pod, and RBAC can
 * match neither name prefixes nor exceptions. cdk8s-plus-27 has no stable ValidatingAdmissionPolicy, so the objects are
 * written as plain API objects.
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
            message: `Lease ${LEADER_LEASE} belongs to the operator`,
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
