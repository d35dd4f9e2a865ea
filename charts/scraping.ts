import type { Environment } from './environments.ts';

export interface ScrapeTarget {
  readonly component: string;
  readonly port: number;
  /** Keeps the job and instance that the pushing process gave. @default false */
  readonly honorLabels?: boolean;
}

/** Every component that tells its metrics, on its port `http` under /metrics. */
export const SCRAPE_TARGETS: readonly ScrapeTarget[] = [
  { component: 'inference', port: 8080 },
  { component: 'rollout', port: 8080 },
  { component: 'mlflow', port: 5000 },
  { component: 'pushgateway', port: 9091, honorLabels: true },
];

/** Where the operator and KEDA ask for metrics. */
export function prometheusUrl({ monitoring }: Environment): string {
  return monitoring.kind === 'bundled' ? 'http://prometheus:9090' : monitoring.url;
}
