/** Port of the HTTP server in the pods of inference and operator. */
export const HTTP_PORT = 8080;

/** HTTP paths that one process serves and another process, or the kubelet, asks for. */
export const HTTP_PATHS = {
  /** Liveness: fails only if a restart helps. */
  live: '/livez',
  /** Readiness: fails while the process must get no traffic. */
  ready: '/readyz',
  /** Prometheus scrapes this path. */
  metrics: '/metrics',
  /** AWS Lambda's runtime emulator has this path, and clients of the predecessor call it. */
  invocations: '/2015-03-31/functions/function/invocations',
  /** The OpenAPI document of the inference service. */
  openApi: '/openapi.json',
  /** A page that shows the OpenAPI document. */
  docs: '/docs',
  /** MLflow posts the events of its registry here. The operator serves the path. */
  mlflowWebhook: '/webhooks/mlflow',
} as const;

/** Path of the Open Inference Protocol for one version of a model. */
export function modelVersionPath(model: string, version: string): string {
  return `/v2/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`;
}

/**
 * Path of the Open Inference Protocol that answers if a model version is loaded and verified. The operator asks each pod.
 */
export function modelReadyPath(model: string, version: string): string {
  return `${modelVersionPath(model, version)}/ready`;
}
