import { HTTP_PORT } from '../services/shared/agreements/http-paths.ts';
import type { Environment } from './environments.ts';

export interface ScrapeTarget {
  readonly component: string;
  readonly port: number;
  /** Keeps the labels `job` and `instance` that the pushing process set. @default false */
  readonly honorLabels?: boolean;
}

/** Every component that exports metrics, on its port `http` under /metrics. */
export const SCRAPE_TARGETS: readonly ScrapeTarget[] = [
  { component: 'inference', port: HTTP_PORT },
  { component: 'rollout', port: HTTP_PORT },
  { component: 'mlflow', port: 5000 },
  { component: 'pushgateway', port: 9091, honorLabels: true },
];

/** URL that the operator and KEDA query. */
export function prometheusUrl({ monitoring }: Environment): string {
  return monitoring.kind === 'bundled' ? 'http://prometheus:9090' : monitoring.url;
}
