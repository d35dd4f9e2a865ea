import { parseAllDocuments } from 'yaml';
import type { Manifests } from '../../charts/system.ts';

/** A Kubernetes object, parsed from YAML. A wrong guess at its shape fails the test. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export type ManifestObject = any;

export function objectsOf(manifests: Manifests): ManifestObject[] {
  return [...manifests.values()].flatMap((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as ManifestObject),
  );
}

/** Pod template of a workload. Undefined if the object has no pod template. */
export function podTemplate(object: ManifestObject): ManifestObject | undefined {
  return object.kind === 'CronJob' ? object.spec.jobTemplate.spec.template : object.spec?.template;
}
