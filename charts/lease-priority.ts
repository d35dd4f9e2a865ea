import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { ComponentChart, NAMESPACE } from './component-chart.ts';

/**
 * Puts the lease traffic of these pods on the `leader-election` priority level, which is otherwise the control plane's.
 * A shard's lease is lost if it is not renewed within seconds, so a renewal must not queue behind list and watch calls.
 * cdk8s-plus-27 has only FlowSchema versions that newer clusters no longer serve, so this is a plain API object.
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
