import { ERROR_RATIO, FORMER_ERROR_RATIO } from '../../../services/shared/model-deployment/growth.ts';
import type { Placeholder } from '../../../services/shared/model-deployment/placeholders.ts';

/** The subject of a measurement: one version in the pods of one Deployment, since the step began. */
export interface Subject {
  readonly namespace: string;
  readonly deployment: string;
  readonly version: string;
  /** The stable version, for comparison. Empty if there is none. */
  readonly stable: string;
  readonly windowSeconds: number;
}

/** Fills in the placeholders, for example `{{version}}`. `{{pods}}` becomes label matchers of the target pods. */
export function fill(template: string, subject: Subject): string {
  const { namespace, deployment, version, stable } = subject;
  const window = `${Math.max(1, Math.ceil(subject.windowSeconds))}s`;
  // The name of a pod is the name of its Deployment and two more parts.
  const pods = `namespace="${namespace}",pod=~"${deployment}-[a-z0-9]+-[a-z0-9]+"`;
  const values: Readonly<Record<Exclude<Placeholder, 'errorRatio'>, string>> = {
    version,
    stable,
    namespace,
    deployment,
    window,
    pods,
  };
  const query = template === FORMER_ERROR_RATIO ? ERROR_RATIO : template;
  return query
    .replaceAll('{{errorRatio}}', ERROR_RATIO)
    .replaceAll(/\{\{(\w+)\}\}/g, (whole, name) => values[name as keyof typeof values] ?? whole);
}
