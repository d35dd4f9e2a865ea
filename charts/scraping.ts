import type { Environment } from './environments.ts';

export interface ScrapeTarget {
  readonly component: string;
  /** Keeps the job and instance that the pushing process gave. @default false */
  readonly honorLabels?: boolean;
}

/** Every component that tells its metrics, on its port `http` under /metrics. */
export const SCRAPE_TARGETS: readonly ScrapeTarget[] = [
  { component: 'inference' },
  { component: 'rollout' },
  { component: 'mlflow' },
  { component: 'pushgateway', honorLabels: true },
];

/** Where the operator and KEDA ask for metrics. */
export function prometheusUrl({ monitoring }: Environment): string {
  return monitoring.kind === 'bundled' ? 'http://prometheus:9090' : monitoring.url;
}
