import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import { freePort } from './free-port.ts';
import { kubeAssets } from './kube-assets/kube-assets.ts';
import { ManagedProcess } from './managed-process.ts';

const START_MILLISECONDS = 90_000;

/** A real Kubernetes API on loopback: etcd and kube-apiserver, without nodes and controllers. */
export interface KubeApiServer extends AsyncDisposable {
  /** Gives the rights of a cluster administrator. */
  readonly kubeConfig: KubeConfig;
  /** File with the same content, for other processes (`KUBECONFIG`). */
  readonly kubeConfigFile: string;
  /** e.g. `https://127.0.0.1:40123` */
  readonly url: string;
  /** Ends kube-apiserver. Its objects stay in etcd. */
  stopApi(): Promise<void>;
  /** Starts kube-apiserver again at the same address. */
  startApi(): Promise<void>;
  stop(): Promise<void>;
}

export interface KubeApiServerOptions {
  /**
   * Directory for the objects, the kubeconfig and the logs, emptied at the start and kept afterwards.
   * @default a temporary directory, which is removed
   */
  readonly directory?: string;
  /** Name of the context in the kubeconfig. @default test */
  readonly context?: string;
  /** Namespace of the context. @default default */
  readonly namespace?: string;
}

export async function startKubeApiServer(options: KubeApiServerOptions = {}): Promise<KubeApiServer> {
  const assets = await kubeAssets();
  await using started = new AsyncDisposableStack();
  const { directory = started.adopt(mkdtempSync(`${tmpdir()}/kube-api-server-`), remove) } = options;
  if (options.directory !== undefined) {
    remove(directory);
    mkdirSync(directory, { recursive: true });
  }
  const etcd = started.use(await startEtcd(assets, directory));
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const token = writeSecrets(directory);
  let api: ManagedProcess | undefined;
  const stopApi = async () => {
    await api?.stop();
    api = undefined;
  };
  const startApi = async () => {
    api ??= launch(assets, directory, etcd.url, port);
    await api.waitUntil('ready', START_MILLISECONDS, () => isReady(url, token));
  };
  started.defer(stopApi);
  await startApi();
  const kubeConfig = administrator(url, token, readFileSync(`${directory}/apiserver.crt`), options);
  const kubeConfigFile = `${directory}/kubeconfig.json`;
  writeFileSync(kubeConfigFile, kubeConfig.exportConfig(), { mode: 0o600 });
  const stack = started.move();
  const stop = () => stack.disposeAsync();
  return { kubeConfig, kubeConfigFile, url, startApi, stopApi, stop, [Symbol.asyncDispose]: stop };
}

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

async function startEtcd(assets: string, directory: string): Promise<AsyncDisposable & { url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const etcd = new ManagedProcess({
    name: 'etcd',
    command: `${assets}/etcd`,
    arguments: [
      `--data-dir=${directory}/etcd`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    logFile: `${directory}/etcd.log`,
  });
  await etcd.waitUntil('healthy', START_MILLISECONDS, async () => (await fetch(`${url}/health`)).ok);
  return { url, [Symbol.asyncDispose]: () => etcd.stop() };
}

function launch(assets: string, directory: string, etcdUrl: string, port: number): ManagedProcess {
  return new ManagedProcess({
    name: 'kube-apiserver',
    command: `${assets}/kube-apiserver`,
    arguments: [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      // kube-apiserver gets no certificate, so it makes a certificate for its bind address in this directory.
      `--cert-dir=${directory}`,
      `--token-auth-file=${directory}/tokens.csv`,
      `--service-account-key-file=${directory}/service-account.key`,
      `--service-account-signing-key-file=${directory}/service-account.key`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=RBAC',
      '--allow-privileged',
      // No controller creates the default service accounts, and no server stands behind `kubernetes.default`.
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
      '--shutdown-delay-duration=0s',
      '--v=0',
    ],
    logFile: `${directory}/kube-apiserver.log`,
  });
}

/** @returns the administrator's bearer token */
function writeSecrets(directory: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(`${directory}/service-account.key`, key, { mode: 0o600 });
  const token = randomBytes(16).toString('hex');
  writeFileSync(`${directory}/tokens.csv`, `${token},administrator,administrator,system:masters\n`, {
    mode: 0o600,
  });
  return token;
}

function isReady(url: string, token: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const options = {
      headers: { authorization: `Bearer ${token}` },
      rejectUnauthorized: false,
      timeout: 2_000,
    };
    request(`${url}/readyz`, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('timeout', () => reject(new Error(`${url}/readyz: no answer within 2 s`)))
      .on('error', reject)
      .end();
  });
}

function administrator(
  url: string,
  token: string,
  authority: Buffer,
  { context = 'test', namespace = 'default' }: KubeApiServerOptions,
): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: context, server: url, caData: authority.toString('base64') }],
    users: [{ name: 'administrator', token }],
    contexts: [{ name: context, cluster: context, user: 'administrator', namespace }],
    currentContext: context,
  });
  return kubeConfig;
}
