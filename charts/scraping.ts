import { HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import { ISOLATED_CANARY } from '../services/shared/agreements/kubernetes-names.ts';
import type { Environment } from './environment.ts';

export interface ScrapeTarget {
  readonly component: string;
  readonly port: number;
  /** Keeps the labels `job` and `instance` that the pushing process set. @default false */
  readonly honorLabels?: boolean;
}

/** Every component that exports metrics, on its port `http` under /metrics. */
export const SCRAPE_TARGETS: readonly ScrapeTarget[] = [
  { component: 'inference', port: HTTP_PORT },
  { component: ISOLATED_CANARY, port: HTTP_PORT },
  { component: 'rollout', port: HTTP_PORT },
  { component: 'mlflow', port: 5000 },
  { component: 'pushgateway', port: 9091, honorLabels: true },
];

/** URL that the operator queries, which may need signed queries. */
export function operatorPrometheusUrl(environment: Environment): string {
  return workspaceOf(environment) ?? prometheusUrl(environment);
}

/** URL of the workspace that takes signed queries. */
export function workspaceOf({ monitoring }: Environment): string | undefined {
  return monitoring.kind === 'bundled' ? undefined : monitoring.workspace;
}

/** URL of the Prometheus in the cluster, which KEDA queries. */
export function prometheusUrl({ monitoring }: Environment): string {
  return monitoring.kind === 'bundled' ? 'http://prometheus:9090' : monitoring.url;
}
