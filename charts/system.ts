import { App, Yaml } from 'cdk8s';
import { AutoscalingChart } from './autoscaling.ts';
import { BatchScoringChart } from './batch-scoring.ts';
import type { ComponentChart } from './component-chart.ts';
import { CustomResourceChart } from './custom-resource.ts';
import { DatabaseSecretChart } from './database-secret.ts';
import type { Environment } from './environment.ts';
import { GrafanaChart } from './grafana.ts';
import { InferenceChart } from './inference.ts';
import { IsolatedCanaryChart } from './isolated-canary.ts';
import { KinesisChart } from './kinesis.ts';
import { KinesisE2eChart } from './kinesis-e2e.ts';
import { LeaderLeaseChart } from './leader-lease.ts';
import { LeasePriorityChart } from './lease-priority.ts';
import { MlflowChart } from './mlflow.ts';
import { ModelDeploymentChart } from './model-deployment.ts';
import { MonitoringChart } from './monitoring.ts';
import { NamespaceChart } from './namespace.ts';
import { NetworkPoliciesChart } from './network-policies.ts';
import { PostgresChart } from './postgres.ts';
import { PrometheusChart } from './prometheus.ts';
import { PushgatewayChart } from './pushgateway.ts';
import { RolloutChart } from './rollout.ts';
import { RolloutAdmissionChart } from './rollout-admission.ts';
import { SearchDatabaseChart } from './search-database.ts';
import { hasSearchDatabase, SecretsChart } from './secrets.ts';
import { TrainingChart } from './training.ts';

/** File name to content. */
export type Manifests = ReadonlyMap<string, string>;

/** Cluster-scoped objects, which outlive the namespace. A cluster administrator applies them first. */
export function clusterManifests(): Manifests {
  const app = new App();
  return manifests([
    new CustomResourceChart(app),
    new LeasePriorityChart(app),
    new LeaderLeaseChart(app),
    new RolloutAdmissionChart(app),
  ]);
}

/**
 * Everything in the namespace, one file for each component.
 * @param origin where the values of the environment are from, for the head of each file
 */
export function systemManifests(environment: Environment, origin?: string): Manifests {
  const app = new App();
  const { database, kinesis, monitoring } = environment;
  return manifests(
    [
      // kubectl applies files in the order of their names, so this order matters.
      new NamespaceChart(app),
      new NetworkPoliciesChart(app, environment),
      new SecretsChart(app, environment),
      ...(database.kind === 'in-cluster'
        ? [new PostgresChart(app, environment, database.sizeGibibytes)]
        : []),
      ...(database.kind === 'external' && database.secret !== undefined
        ? [new DatabaseSecretChart(app, environment, database.secret)]
        : []),
      ...(hasSearchDatabase(environment) ? [new SearchDatabaseChart(app)] : []),
      ...(kinesis.emulator ? [new KinesisChart(app, environment)] : []),
      new MlflowChart(app, environment),
      ...(monitoring.kind === 'bundled'
        ? [new PrometheusChart(app, environment), new GrafanaChart(app, environment)]
        : [new MonitoringChart(app), new AutoscalingChart(app, environment)]),
      new PushgatewayChart(app, environment),
      new InferenceChart(app, environment),
      new RolloutChart(app, environment),
      new ModelDeploymentChart(app, environment),
      new TrainingChart(app, environment),
      ...(environment.batchScoring
        ? [new BatchScoringChart(app, environment, environment.batchScoring)]
        : []),
      new IsolatedCanaryChart(app, environment),
    ],
    origin,
  );
}

/** Jobs that prove the system, to be run on demand. */
export function checkManifests(environment: Environment): Manifests {
  return manifests([new KinesisE2eChart(new App(), environment)]);
}

const HEADER = '# Generated from charts/ by `make synth`. Do not edit.\n';

function manifests(charts: readonly ComponentChart[], origin?: string): Manifests {
  const head = origin === undefined ? HEADER : `${HEADER}# Its values are from ${origin}.\n`;
  return new Map(
    charts.map((chart, index) => [
      `${String(index).padStart(2, '0')}-${chart.node.id}.yaml`,
      head + Yaml.stringify(...(chart.toJson() as object[])),
    ]),
  );
}
