import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { defined } from './defined.ts';
import type { Environment } from './environment.ts';
import { mebibytes } from './quantity.ts';

/** Scratch space that exists as long as the pod. */
export function emptyDir(name: string, sizeMebibytes: number): k8s.Volume {
  return { name, emptyDir: { sizeLimit: mebibytes(sizeMebibytes) } };
}

/** Scratch space for credentials: in memory, so that the disk of the node never holds them. */
export function memoryDir(name: string, sizeMebibytes: number): k8s.Volume {
  return { name, emptyDir: { medium: 'Memory', sizeLimit: mebibytes(sizeMebibytes) } };
}

/** Keys of a Secret as files that only the user of the pod may read. */
export function secretVolume(name: string, secretName: string, keys: readonly string[]): k8s.Volume {
  return {
    name,
    secret: { secretName, defaultMode: 0o440, items: keys.map((key) => ({ key, path: key })) },
  };
}

/** A disk for one pod at a time. */
export function claim(
  scope: Construct,
  name: string,
  environment: Environment,
  sizeGibibytes: number,
): k8s.Volume {
  new k8s.KubePersistentVolumeClaim(scope, `${name}-claim`, {
    metadata: { name },
    spec: defined<k8s.PersistentVolumeClaimSpec>({
      accessModes: ['ReadWriteOnce'],
      storageClassName: environment.storageClass,
      resources: { requests: { storage: mebibytes(sizeGibibytes * 1024) } },
    }),
  });
  return { name, persistentVolumeClaim: { claimName: name } };
}
