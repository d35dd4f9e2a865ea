import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import type { Construct } from 'constructs';
import { STREAM_METRICS } from '../services/shared/agreements/metric-names.ts';
import { ComponentChart } from './component-chart.ts';
import type { Environment } from './environments.ts';
import { prometheusUrl } from './scraping.ts';
import { thirdPartyObject } from './third-party-object.ts';

/** KEDA adds consumers while the shard that is furthest behind lags, up to one a shard. */
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
        // A replica less means hand-offs: not for a lull of a few seconds, nor for several at once.
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
        // Without metrics the consumers stay as they are rather than shrink to the minimum. The number is for
        // a KEDA that does not know the behavior.
        fallback: { failureThreshold: 3, behavior: 'currentReplicas', replicas: maximumReplicas },
        triggers: [
          {
            type: 'prometheus',
            metricType: 'AverageValue',
            metadata: {
              serverAddress: prometheusUrl(environment),
              query: `max(${STREAM_METRICS.lagMilliseconds})`,
              threshold: String(lagTargetMilliseconds),
              // KEDA's default takes no answer for a lag of 0.
              ignoreNullValues: 'false',
            },
          },
        ],
      },
    });
    thirdPartyObject(this, 'scaled-object', scaled);
  }
}
