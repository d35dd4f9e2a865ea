import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import type { Construct } from 'constructs';
import { STREAM_METRICS } from '../services/shared/agreements/metric-names.ts';
import { ComponentChart } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { prometheusUrl } from './scraping.ts';
import { thirdPartyObject } from './third-party-object.ts';

/** KEDA adds consumers while the shard with the largest lag is behind, up to one consumer for each shard. */
export class AutoscalingChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'autoscaling');
    const { minimumReplicas, maximumReplicas, lagTargetMilliseconds } = environment.inference;
    const scaled = new ScaledObject({
      metadata: { name: 'inference' },
      spec: {
        scaleTargetRef: { name: 'inference' },
        minReplicaCount: minimumReplicas,
        maxReplicaCount: maximumReplicas,
        // Each removed replica hands its shards over. So remove one at a time, and only after ten quiet minutes.
        advanced: {
          horizontalPodAutoscalerConfig: {
            behavior: {
              scaleDown: {
                stabilizationWindowSeconds: 600,
                policies: [{ type: 'Pods', value: 1, periodSeconds: 300 }],
              },
            },
          },
        },
        // Without metrics the number of consumers stays. `replicas` serves older KEDA versions, which do not know
        // `behavior`.
        fallback: { failureThreshold: 3, behavior: 'currentReplicas', replicas: maximumReplicas },
        triggers: [
          {
            type: 'prometheus',
            metricType: 'AverageValue',
            metadata: {
              serverAddress: prometheusUrl(environment),
              query: `max(${STREAM_METRICS.lagMilliseconds})`,
              threshold: String(lagTargetMilliseconds),
              // By default KEDA reads an empty answer as a lag of 0.
              ignoreNullValues: 'false',
            },
          },
        ],
      },
    });
    thirdPartyObject(this, 'scaled-object', scaled);
  }
}
