import type { Container, EnvironmentVariable, Volume, VolumeMount } from './objects.ts';

/** The part of a container that makes MLflow reachable and trusted, with the public keys that sign models. */
export interface NetworkAccess {
  readonly env: readonly EnvironmentVariable[];
  readonly volumeMounts: readonly VolumeMount[];
  readonly volumes: readonly Volume[];
}

/** Trust, proxies, the flags of Node that turn both on, the settings of an MLflow client, and the keys that sign models. In both cases of letters. */
const VARIABLES =
  /^(NODE_EXTRA_CA_CERTS|NODE_OPTIONS|NODE_USE_ENV_PROXY|NODE_USE_SYSTEM_CA|SSL_CERT_FILE|SSL_CERT_DIR|(HTTPS?|NO|ALL)_PROXY|MLFLOW_TRACKING_.+|MLFLOW_CREDENTIALS_DIRECTORY|MODEL_SIGNING_KEYS_DIRECTORY)$/i;

const TRUST_DIRECTORIES = [
  '/etc/pki',
  '/etc/ssl',
  '/usr/local/share/ca-certificates',
  '/usr/share/ca-certificates',
];

/**
 * Kinds of volumes that hold certificates. A disk may belong to one pod, a host path is forbidden, and an empty directory
 * is empty in another pod.
 */
const VOLUME_KINDS = ['configMap', 'secret', 'projected', 'csi', 'image'];

/** Takes from the serving container only what another pod needs to reach MLflow by the same way. */
export function networkAccess(serving: Container, volumes: readonly Volume[] = []): NetworkAccess {
  const env = networkVariables(serving.env);
  const paths = env.flatMap(({ value = '' }) => pathsIn(value));
  const usable = (serving.volumeMounts ?? []).filter(
    ({ name, subPathExpr }) =>
      subPathExpr === undefined && volumes.some((volume) => volume.name === name && isTrustVolume(volume)),
  );
  const mounts = usable.filter(
    (mount) =>
      [...TRUST_DIRECTORIES, ...paths].some((path) => isAtOrBelow(mount.mountPath, path)) ||
      paths.some((path) => mount === closestAbove(usable, path)),
  );
  return {
    env,
    volumeMounts: mounts.map(({ name, mountPath, subPath }) => ({
      name,
      mountPath,
      ...(subPath === undefined ? {} : { subPath }),
      readOnly: true,
    })),
    volumes: volumes.filter(({ name }) => mounts.some((mount) => mount.name === name)),
  };
}

/** The variables for the network, and the variables that their values name with `$(NAME)`. In the same order. */
function networkVariables(all: readonly EnvironmentVariable[] = []): EnvironmentVariable[] {
  const wanted = new Set(all.map(({ name }) => name).filter((name) => VARIABLES.test(name)));
  // A value can refer only to variables before it, so one pass from the end finds every reference.
  for (const { name, value = '' } of all.toReversed()) {
    if (!wanted.has(name)) continue;
    for (const [, reference = ''] of value.matchAll(/\$\(([^()]+)\)/g)) wanted.add(reference);
  }
  // A resource field names a container, which the other pod does not have.
  return all.filter(({ name, valueFrom }) => wanted.has(name) && valueFrom?.resourceFieldRef === undefined);
}

/** The absolute paths in a value, for example in `--import=/opt/register.mjs` or `/etc/a:/etc/b`. */
function pathsIn(value: string): string[] {
  return [...value.matchAll(/(?:^|[\s:;,=])(\/(?!\/)[^\s:;,]+)/g)].map(([, path = '']) => withoutSlash(path));
}

function isTrustVolume(volume: Volume): boolean {
  const holdsToken =
    volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken) ?? false;
  return !holdsToken && VOLUME_KINDS.some((kind) => volume[kind] !== undefined);
}

/** The mount that holds the path. If mounts are nested, the innermost mount holds it. */
function closestAbove(mounts: readonly VolumeMount[], path: string): VolumeMount | undefined {
  return mounts
    .filter(({ mountPath }) => isAtOrBelow(path, mountPath))
    .toSorted((a, b) => a.mountPath.length - b.mountPath.length)
    .at(-1);
}

function isAtOrBelow(path: string, directory: string): boolean {
  return `${withoutSlash(path)}/`.startsWith(`${withoutSlash(directory)}/`);
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}
