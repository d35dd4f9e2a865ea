/** What is measured: one version in the pods of one Deployment, from a moment on. */
export interface Subject {
  readonly namespace: string;
  readonly deployment: string;
  readonly version: string;
  /** The version it is compared with; empty where there is none. */
  readonly stable: string;
  readonly windowSeconds: number;
}

/** Replaces `{{version}}`, `{{stable}}`, `{{namespace}}`, `{{deployment}}`, `{{window}}` and `{{pods}}`, our own label matchers. */
export function fill(template: string, subject: Subject): string {
  const { namespace, deployment, version, stable } = subject;
  const window = `${Math.max(1, Math.ceil(subject.windowSeconds))}s`;
  // A ReplicaSet adds exactly two parts to its Deployment's name.
  const pods = `namespace="${namespace}",pod=~"${deployment}-[a-z0-9]+-[a-z0-9]+"`;
  const values: Readonly<Record<string, string>> = { version, stable, namespace, deployment, window, pods };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}
