/** The subject of a measurement: one version in the pods of one Deployment, since the step began. */
export interface Subject {
  readonly namespace: string;
  readonly deployment: string;
  /**
   * Names of the Deployment's own pods since the step began, also of pods that are gone. Undefined if the API server does
   * not give them.
   */
  readonly pods: readonly string[] | undefined;
  /** True if `pods` may lack pods that are gone. */
  readonly podsMayLack?: boolean;
  /** PromQL label matchers of the cluster, for a Prometheus that has the series of more than one. */
  readonly matchers: string | undefined;
  readonly version: string;
  /** The stable version, for comparison. Empty if there is none. */
  readonly stable: string;
  readonly windowSeconds: number;
  /** Seconds since the first canary step began. Undefined if the measured version is in none. */
  readonly rolloutSeconds?: number | undefined;
}
