import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { ComponentChart, NAMESPACE } from './component-chart.ts';

/**
 * API priority and fairness gives leader election's lane to the control plane alone. A shard's lease is
 * renewed within seconds or lost, so the lease traffic of these pods must not queue behind their watches.
 * cdk8s-plus-27 knows only the versions of FlowSchema that newer clusters no longer serve.
 */
export class LeasePriorityChart extends ComponentChart {
  constructor(scope: Construct) {
    super(scope, 'lease-priority', 'cluster');
    new ApiObject(this, 'flow-schema', {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name: 'loan-eligibility-leases' },
      spec: {
        priorityLevelConfiguration: { name: 'leader-election' },
        matchingPrecedence: 200,
        distinguisherMethod: { type: 'ByUser' },
        rules: [
          {
            subjects: ['inference', 'rollout'].map((name) => ({
              kind: 'ServiceAccount',
              serviceAccount: { name, namespace: NAMESPACE },
            })),
            resourceRules: [
              {
                apiGroups: ['coordination.k8s.io'],
                resources: ['leases'],
                verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'],
                namespaces: [NAMESPACE],
              },
            ],
          },
        ],
      },
    });
  }
}
