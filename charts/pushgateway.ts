import type { Construct } from 'constructs';
import { ComponentChart } from './component-chart.ts';
import { deployment } from './deployment.ts';
import type { Environment } from './environment.ts';
import { httpProbe } from './pod.ts';
import { service } from './service.ts';
import { THIRD_PARTY_IMAGES } from './third-party-images.ts';
import { NOBODY } from './users.ts';
import { claim } from './volume.ts';

export const PUSHGATEWAY_URL = 'http://pushgateway:9091';

/** Keeps the metrics of a training run after its pod is gone. */
export class PushgatewayChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'pushgateway');
    service(this, 'pushgateway', { http: 9091 });
    deployment(this, 'pushgateway', {
      user: NOBODY,
      replicas: 1,
      strategy: 'Recreate',
      containers: [
        {
          name: 'pushgateway',
          image: THIRD_PARTY_IMAGES.pushgateway,
          args: ['--persistence.file=/data/metrics', '--persistence.interval=10s'],
          ports: { http: 9091 },
          mounts: { '/data': { volume: claim(this, 'pushgateway', environment, 1) } },
          resources: { cpuMillis: 10, cpuLimitMillis: 500, memoryMebibytes: 64 },
          startup: httpProbe('/-/healthy', 'http', { periodSeconds: 1, failureThreshold: 60 }),
          readiness: httpProbe('/-/ready', 'http', { periodSeconds: 5, failureThreshold: 2 }),
          liveness: httpProbe('/-/healthy', 'http', { periodSeconds: 10, failureThreshold: 6 }),
        },
      ],
    });
  }
}
