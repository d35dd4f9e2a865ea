import { ERROR_RATIO, FORMER_ERROR_RATIO } from '../../../services/shared/model-deployment/growth.ts';
import type { Placeholder } from '../../../services/shared/model-deployment/placeholders.ts';
import { kubernetesName, podMatchers } from './pod-matchers.ts';
import { MetricsError } from './prometheus.ts';

import type { Subject } from './subject.ts';

type Value = (subject: Subject) => string;

const VALUES: Readonly<Record<Exclude<Placeholder, 'errorRatio'>, Value>> = {
  version: ({ version }) => digits(version),
  stable: ({ stable }) => (stable === '' ? '' : digits(stable)),
  namespace: ({ namespace }) => kubernetesName(namespace),
  deployment: ({ deployment }) => kubernetesName(deployment),
  window: ({ windowSeconds }) => `${digits(String(Math.max(1, Math.ceil(windowSeconds))))}s`,
  pods: podMatchers,
};

/**
 * Fills in the placeholders, for example `{{version}}`. `{{pods}}` becomes label matchers of the target pods.
 * @throws MetricsError `refused` if a value could change the meaning of the query
 */
export function fill(template: string, subject: Subject): string {
  const query = template === FORMER_ERROR_RATIO ? ERROR_RATIO : template;
  return query
    .replaceAll('{{errorRatio}}', ERROR_RATIO)
    .replaceAll(/\{\{(\w+)\}\}/g, (whole, name) =>
      Object.hasOwn(VALUES, name) ? VALUES[name as keyof typeof VALUES](subject) : whole,
    );
}

function digits(text: string): string {
  if (/^\d+$/.test(text)) return text;
  throw new MetricsError('refused', `${JSON.stringify(text)} is not a number, so nothing was asked`);
}
