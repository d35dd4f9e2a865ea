/** HTTP paths that one process serves and another process, or the kubelet, asks for. */
export const HTTP_PATHS = {
  /** Liveness: fails only if a restart helps. */
  live: '/livez',
  /** Readiness: fails while the process must get no traffic. */
  ready: '/readyz',
  /** Prometheus scrapes this path. */
  metrics: '/metrics',
  /** MLflow posts the events of its registry here. The operator serves the path. */
  mlflowWebhook: '/webhooks/mlflow',
} as const;
