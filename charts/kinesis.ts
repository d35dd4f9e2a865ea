import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { AwsSdkVariable, StreamVariable } from '../services/shared/agreements/environment-variables.ts';
import { ComponentChart, componentLabels, image } from './component-chart.ts';
import type { Environment } from './environment.ts';
import { type ProbeTiming, podSpec, type Variables } from './pod.ts';
import { service } from './service.ts';
import { OWN_USER } from './users.ts';
import { claim, emptyDir } from './volume.ts';

/** The variables that a client of the streams needs. */
export function streamEnvironment({ kinesis }: Environment): Variables<StreamVariable | AwsSdkVariable> {
  return {
    AWS_REGION: kinesis.region,
    ...(kinesis.fipsEndpoint ? { AWS_USE_FIPS_ENDPOINT: 'true' } : {}),
    INPUT_STREAM: kinesis.streams.input,
    OUTPUT_STREAM: kinesis.streams.output,
    REJECT_STREAM: kinesis.streams.rejects,
    ...(kinesis.emulator
      ? {
          KINESIS_ENDPOINT: 'http://kinesis:4567',
          // The SDK refuses to start without credentials. The emulator accepts any.
          AWS_ACCESS_KEY_ID: 'emulator',
          AWS_SECRET_ACCESS_KEY: 'emulator',
        }
      : {}),
  };
}

/** A Kinesis emulator that keeps its records on a disk, and a Job that creates the streams. Only for kind. */
export class KinesisChart extends ComponentChart {
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'kinesis');
    service(this, 'kinesis', { http: 4567 });
    const probe = (timing: ProbeTiming): k8s.Probe => ({
      tcpSocket: { port: k8s.IntOrString.fromString('http') },
      ...timing,
    });
    new k8s.KubeStatefulSet(this, 'stateful-set', {
      metadata: { name: 'kinesis' },
      spec: {
        serviceName: 'kinesis',
        replicas: 1,
        selector: { matchLabels: componentLabels('kinesis') },
        template: {
          metadata: { labels: componentLabels('kinesis') },
          spec: podSpec({
            user: OWN_USER,
            containers: [
              {
                name: 'kinesis',
                image: image(environment, 'kinesis'),
                args: ['--host=0.0.0.0', '--port=4567', '--path=/data/streams'],
                ports: { http: 4567 },
                mounts: {
                  '/data': { volume: claim(this, 'kinesis', environment, 1) },
                  '/tmp': { volume: emptyDir('tmp', 64) },
                },
                resources: { cpuMillis: 100, cpuLimitMillis: 2_000, memoryMebibytes: 512 },
                startup: probe({ periodSeconds: 1, failureThreshold: 60 }),
                readiness: probe({ periodSeconds: 5, failureThreshold: 2 }),
                liveness: probe({ periodSeconds: 10, failureThreshold: 6 }),
              },
            ],
          }),
        },
      },
    });
    this.#streams(environment);
  }

  #streams(environment: Environment): void {
    const { streams, shards } = environment.kinesis;
    new k8s.KubeJob(this, 'streams', {
      metadata: { name: 'kinesis-streams' },
      spec: {
        backoffLimit: 20,
        template: {
          metadata: { labels: componentLabels('kinesis-client') },
          spec: podSpec({
            user: OWN_USER,
            restartPolicy: 'OnFailure',
            containers: [
              {
                name: 'streams',
                image: image(environment, 'tools'),
                command: [
                  'node',
                  'streams.mjs',
                  ...Object.values(streams).map((stream) => `${stream}:${shards}`),
                ],
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
