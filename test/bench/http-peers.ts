import { mkdirSync, writeFileSync } from 'node:fs';
import { freePort } from '../../scripts/stack/free-port.ts';
import { answers, ManagedProcess } from '../../scripts/stack/managed-process.ts';
import { repositoryRoot, trainingBin } from '../../scripts/stack/paths.ts';
import { pythonEnvironment } from '../clients/python-environment.ts';
import { application } from './applications.ts';
import { benchModelDirectory, scikitLearnModelDirectory } from './bench-model.ts';
import { pinned } from './pinned-command.ts';
import { imageNodeOptions, programOf, THIS_TREE, type Tree, treeEnvironment } from './tree.ts';

/** A running server and the request that scores one application on it. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly body: string;
  readonly server: ManagedProcess;
}

const BENCH_DIRECTORY = `${repositoryRoot}/.bench`;
const START_MILLISECONDS = 120_000;
const ONE_APPLICATION = application(1);

interface PeerOptions {
  readonly name: string;
  /** Program and arguments. Peers share a core, and only one of them gets requests at a time. */
  readonly command: readonly string[];
  readonly port: number;
  readonly path: string;
  readonly readyPath: string;
  readonly body: unknown;
  readonly environment?: Readonly<Record<string, string>>;
}

async function start(options: PeerOptions): Promise<Peer> {
  const [program = '', ...programArguments] = options.command;
  const { command, args } = pinned(program, programArguments);
  const server = new ManagedProcess({
    name: options.name,
    command,
    arguments: args,
    logFile: `${BENCH_DIRECTORY}/${options.name.replaceAll(' ', '-')}.log`,
    environment: { MLFLOW_DISABLE_TELEMETRY: 'true', OMP_NUM_THREADS: '1', ...options.environment },
  });
  const base = `http://127.0.0.1:${options.port}`;
  try {
    await server.waitUntil('ready', START_MILLISECONDS, () => answers(base + options.readyPath));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { name: options.name, url: base + options.path, body: JSON.stringify(options.body), server };
}

export function startEcho(): Promise<Peer> {
  return startNode('express echo', 'express-echo.ts', THIS_TREE);
}

/** The service of a tree, with the model that the tree makes. */
export function startService(tree: Tree): Promise<Peer> {
  const { revision } = tree;
  return startNode(
    revision === undefined ? 'this service' : `service ${revision}`,
    'http-server.ts',
    tree,
    imageNodeOptions(tree),
  );
}

async function startNode(
  name: string,
  program: string,
  tree: Tree,
  nodeOptions: readonly string[] = [],
): Promise<Peer> {
  const port = await freePort();
  return start({
    name,
    command: [process.execPath, ...nodeOptions, programOf(tree, program), String(port)],
    environment: treeEnvironment(tree),
    port,
    path: '/predict',
    readyPath: '/readyz',
    body: { input: ONE_APPLICATION, request_id: '12345' },
  });
}

/** Serves the same ONNX model by MLflow's own server. */
export function startMlflowServe(): Promise<Peer> {
  const inputs = Object.entries(ONE_APPLICATION).map(([name, value]) => [name, [[value]]]);
  return startMlflow('mlflow models serve', benchModelDirectory(), { inputs: Object.fromEntries(inputs) });
}

/** Serves a scikit-learn pipeline of the same size, because such a model is usually logged in that form. */
export function startScikitLearnServe(): Promise<Peer> {
  const body = { dataframe_records: [ONE_APPLICATION] };
  return startMlflow('mlflow models serve, scikit-learn pipeline', scikitLearnModelDirectory(), body);
}

async function startMlflow(name: string, modelDirectory: string, body: unknown): Promise<Peer> {
  const port = await freePort();
  return start({
    name,
    command: [
      `${trainingBin}/mlflow`,
      'models',
      'serve',
      `--model-uri=${modelDirectory}`,
      '--env-manager=local',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--workers=1',
    ],
    environment: { PATH: `${trainingBin}:${process.env.PATH}` },
    port,
    path: '/invocations',
    readyPath: '/ping',
    body,
  });
}

export async function startMlserver(): Promise<Peer> {
  // An environment of its own, because MLServer's releases need an older MLflow than the registry runs.
  const bin = await pythonEnvironment('test/bench/mlserver-requirements.txt');
  const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const directory = `${BENCH_DIRECTORY}/mlserver`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    `${directory}/settings.json`,
    JSON.stringify({
      host: '127.0.0.1',
      http_port: port,
      grpc_port: grpcPort,
      metrics_port: metricsPort,
      // 0 workers: the server's own process scores. That is fastest on one core.
      parallel_workers: 0,
    }),
  );
  writeFileSync(
    `${directory}/model-settings.json`,
    JSON.stringify({
      name: 'loan',
      implementation: 'mlserver_mlflow.MLflowRuntime',
      parameters: { uri: benchModelDirectory() },
    }),
  );
  return start({
    name: 'MLServer',
    command: [`${bin}/mlserver`, 'start', directory],
    environment: { PATH: `${bin}:${process.env.PATH}` },
    port,
    path: '/v2/models/loan/infer',
    readyPath: '/v2/models/loan/ready',
    body: {
      inputs: Object.entries(ONE_APPLICATION).map(([name, value]) =>
        typeof value === 'string'
          ? { name, shape: [1, 1], datatype: 'BYTES', data: [value] }
          : { name, shape: [1, 1], datatype: 'FP32', data: [value] },
      ),
    },
  });
}
