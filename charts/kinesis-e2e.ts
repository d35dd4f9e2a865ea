import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { ComponentChart, componentLabels, image } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { streamEnvironment } from './kinesis.ts';
import { podSpec } from './pod.ts';
import { OWN_USER } from './users.ts';

/** A Job that puts an application on the stream and waits for its decision. It checks the system and is not part of it. */
export class KinesisE2eChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'kinesis-e2e');
    new k8s.KubeJob(this, 'job', {
      metadata: { name: 'kinesis-e2e' },
      spec: {
        backoffLimit: 0,
        ttlSecondsAfterFinished: 3_600,
        template: {
          metadata: { labels: componentLabels('kinesis-client') },
          spec: podSpec({
            user: OWN_USER,
            restartPolicy: 'Never',
            containers: [
              {
                name: 'kinesis-e2e',
                image: image(environment, 'tools'),
                command: ['node', 'kinesis-e2e.mjs', '--timeout=60'],
                environment: streamEnvironment(environment),
                resources: { cpuMillis: 10, cpuLimitMillis: 1_000, memoryMebibytes: 128 },
              },
            ],
          }),
        },
      },
    });
  }
}
