import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

export interface ConfigFiles {
  readonly volume: k8s.Volume;
  /** SHA-256 of the content, first 16 hex digits. */
  readonly checksum: string;
}

/** A ConfigMap of files, and the volume that holds them. */
export function configFiles(
  scope: Construct,
  name: string,
  files: Readonly<Record<string, string>>,
): ConfigFiles {
  new k8s.KubeConfigMap(scope, `${name}-files`, { metadata: { name }, data: { ...files } });
  return {
    volume: { name, configMap: { name } },
    checksum: createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16),
  };
}

/** Pod annotations that change with the files. The change replaces pods that read the files only at their start. */
export function checksums(...files: readonly ConfigFiles[]): Record<string, string> {
  return { 'loan-eligibility/config': files.map(({ checksum }) => checksum).join('-') };
}
