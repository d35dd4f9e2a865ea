import { describe, expect, test } from '@jest/globals';
import { networkAccess } from '../../../../operators/rollout/cluster/network-access.ts';
import type {
  EnvironmentVariable,
  Volume,
  VolumeMount,
} from '../../../../operators/rollout/cluster/objects.ts';

const configMap = (name: string): Volume => ({ name, configMap: { name } });

function access(
  env: readonly EnvironmentVariable[],
  volumeMounts: readonly VolumeMount[] = [],
  volumes: readonly Volume[] = volumeMounts.map(({ name }) => configMap(name)),
) {
  const {
    env: taken,
    volumeMounts: mounts,
    volumes: kept,
  } = networkAccess({ name: 'inference', env, volumeMounts }, volumes);
  return {
    env: taken.map(({ name }) => name),
    mounts: mounts.map(({ mountPath }) => mountPath),
    volumes: kept.map(({ name }) => name),
  };
}

const plain = (name: string, value = 'x') => ({ name, value });

describe('the variables that a verification takes from the serving container', () => {
  test('are those for trust, proxies and MLflow, in both cases of letters', () => {
    const taken = [
      'NODE_EXTRA_CA_CERTS',
      'NODE_OPTIONS',
      'NODE_USE_ENV_PROXY',
      'NODE_USE_SYSTEM_CA',
      'SSL_CERT_FILE',
      'SSL_CERT_DIR',
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'NO_PROXY',
      'ALL_PROXY',
      'http_proxy',
      'https_proxy',
      'no_proxy',
      'all_proxy',
      'MLFLOW_CREDENTIALS_DIRECTORY',
      'MLFLOW_TRACKING_TOKEN',
      'MLFLOW_TRACKING_SERVER_CERT_PATH',
      'MLFLOW_TRACKING_URI',
      'MODEL_SIGNING_KEYS_DIRECTORY',
    ];
    const others = ['DATABASE_PASSWORD', 'INPUT_STREAM', 'MODEL_VERSION', 'MY_HTTP_PROXY'];
    expect(access([...taken, ...others].map((name) => plain(name))).env).toEqual(taken);
  });

  test('bring the variables that their values name, and keep the order', () => {
    const { env } = access([
      plain('HOST', 'proxy'),
      plain('PORT', '3128'),
      plain('UNUSED'),
      plain('ADDRESS', '$(HOST):$(PORT)'),
      plain('HTTPS_PROXY', 'http://$(ADDRESS)'),
    ]);
    expect(env).toEqual(['HOST', 'PORT', 'ADDRESS', 'HTTPS_PROXY']);
  });

  test('may come from a Secret or a ConfigMap, but not from the resources of another container', () => {
    const token = {
      name: 'MLFLOW_TRACKING_TOKEN',
      valueFrom: { secretKeyRef: { name: 'mlflow', key: 'token' } },
    };
    const heap = { name: 'NODE_OPTIONS', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } };
    expect(access([token, heap]).env).toEqual(['MLFLOW_TRACKING_TOKEN']);
  });
});

describe('the mounts that a verification takes from the serving container', () => {
  const mount = (mountPath: string): VolumeMount => ({ name: mountPath.replaceAll(/\W/g, '-'), mountPath });

  test.each<[string, EnvironmentVariable[], string[], string[]]>([
    ['the file itself', [plain('NODE_EXTRA_CA_CERTS', '/ca.pem')], ['/ca.pem', '/ca'], ['/ca.pem']],
    ['the folder of the file', [plain('SSL_CERT_FILE', '/ca/root.pem')], ['/ca/', '/c'], ['/ca/']],
    ['the innermost folder of the file', [plain('SSL_CERT_FILE', '/a/b/c.pem')], ['/a', '/a/b'], ['/a/b']],
    ['each folder of a list', [plain('SSL_CERT_DIR', '/a:/b')], ['/a', '/b', '/d'], ['/a', '/b']],
    ['what lies below a folder', [plain('SSL_CERT_DIR', '/certs/')], ['/certs/own'], ['/certs/own']],
    ['a file in a flag', [plain('NODE_OPTIONS', '--import=/opt/x.mjs')], ['/opt', '/other'], ['/opt']],
    [
      'a trust store of the system',
      [],
      ['/etc/ssl/certs', '/etc/pki', '/etc'],
      ['/etc/ssl/certs', '/etc/pki'],
    ],
    ['nothing for a URL', [plain('HTTP_PROXY', 'http://proxy:3128')], ['/proxy', '/data'], []],
  ])('are %s', (_what, env, mountPaths, expected) => {
    expect(access(env, mountPaths.map(mount)).mounts).toEqual(expected);
  });

  test('can only be read, and come with their volumes', () => {
    const certificates = { ...mount('/ca'), subPath: 'prod', mountPropagation: 'Bidirectional' };
    const { volumeMounts, volumes } = networkAccess(
      {
        name: 'inference',
        env: [plain('NODE_EXTRA_CA_CERTS', '/ca/root.pem')],
        volumeMounts: [certificates, mount('/data')],
      },
      [configMap('-ca'), configMap('-data')],
    );
    expect(volumeMounts).toEqual([{ name: '-ca', mountPath: '/ca', subPath: 'prod', readOnly: true }]);
    expect(volumes).toEqual([configMap('-ca')]);
  });

  test.each<[string, Volume]>([
    ['a path of the node', { name: '-ca', hostPath: { path: '/etc/ssl' } }],
    ['a disk, which may belong to one pod', { name: '-ca', persistentVolumeClaim: { claimName: 'ca' } }],
    ['an empty directory', { name: '-ca', emptyDir: {} }],
    ['a token', { name: '-ca', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
  ])('are never %s', (_what, volume) => {
    const env = [plain('NODE_EXTRA_CA_CERTS', '/ca/root.pem')];
    expect(access(env, [mount('/ca')], [volume])).toMatchObject({ mounts: [], volumes: [] });
  });
});
