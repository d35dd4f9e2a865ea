import { BlockList } from 'node:net';
import { KIND_CLUSTER } from '../../charts/kind-cluster.ts';
import { mustRun, type RunProgram } from '../programs/run-program.ts';
import { clusterConfig } from './cluster-config.ts';
import { policyVerdict } from './network-policies.ts';

const CREATE_SECONDS = 600;
const READY_SECONDS = 180;

/** A kind cluster by its name. Every command names the cluster or its context, so that no other cluster is touched. */
export class KindCluster {
  readonly #name: string;
  readonly #run: RunProgram;
  readonly #say: (message: string) => void;

  constructor(name: string, run: RunProgram, say: (message: string) => void) {
    this.#name = name;
    this.#run = run;
    this.#say = say;
  }

  /** Context in the kubeconfig, as kind names it. */
  get context(): string {
    return `kind-${this.#name}`;
  }

  /** Creates the cluster, or takes the one that exists, and waits until its nodes are ready. */
  async create(): Promise<void> {
    if (await this.#exists()) {
      this.#say(`the cluster ${this.#name} exists and is used as it is`);
      await this.#advised('gives no kubeconfig', () =>
        this.#kind(['export', 'kubeconfig', '--name', this.#name], { timeoutSeconds: 60 }),
      );
    } else {
      this.#say(`creating the cluster ${this.#name} (the first time kind fetches the image of its node)`);
      await this.#kind(['create', 'cluster', '--name', this.#name, '--config', '-'], {
        timeoutSeconds: CREATE_SECONDS,
        input: clusterConfig(),
        shown: true,
      });
    }
    await this.#nodesReady();
    await this.#checkPodNetwork();
    this.#say(`the nodes are ready, and ${this.context} is the current context of kubectl`);
    this.#say((await policyVerdict(this.#run, this.context)).statement);
  }

  /** @returns whether there was a cluster of this name */
  async delete(): Promise<boolean> {
    if (!(await this.#exists())) return false;
    this.#say(`deleting the cluster ${this.#name}`);
    await this.#kind(['delete', 'cluster', '--name', this.#name], { timeoutSeconds: 180 });
    return true;
  }

  /** Without the name, `make kind-delete` would delete the cluster of the default name. */
  get #deletion(): string {
    return this.#name === KIND_CLUSTER.name
      ? '`make kind-delete`'
      : `\`make kind-delete KIND="--name ${this.#name}"\``;
  }

  async #exists(): Promise<boolean> {
    const { stdout } = await this.#kind(['get', 'clusters'], { timeoutSeconds: 60 });
    return stdout.split('\n').some((line) => line.trim() === this.#name);
  }

  async #nodesReady(): Promise<void> {
    this.#say('waiting for its nodes');
    const wait = ['wait', '--for=condition=Ready', 'nodes', '--all', `--timeout=${READY_SECONDS}s`];
    await this.#advised(`has nodes that are not ready within ${READY_SECONDS} s`, () =>
      this.#kubectl(wait, READY_SECONDS + 30),
    );
  }

  /** The containers of a cluster stay stopped after some restarts of the engine. */
  async #advised(trouble: string, step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw new Error(
        `the cluster ${this.#name} ${trouble}. If its containers are stopped, \`docker start ${this.#name}-control-plane\` ` +
          `starts them. Else delete it with ${this.#deletion} and create it again.\n${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /** A cluster that was created by other means may have other networks, and MLflow then refuses the probes. */
  async #checkPodNetwork(): Promise<void> {
    const { stdout } = await this.#kubectl(
      ['get', 'nodes', '--output=jsonpath={.items[*].spec.podCIDR}'],
      60,
    );
    const known = networkOf(KIND_CLUSTER.podNetwork);
    const foreign = stdout
      .split(/\s+/)
      .filter((network) => network !== '' && !known.check(network.split('/')[0] ?? ''));
    if (foreign.length > 0)
      throw new Error(
        `pods of ${this.#name} get addresses from ${foreign.join(', ')}, and podNetwork of kind in charts/kind-cluster.ts is ` +
          `${KIND_CLUSTER.podNetwork}: delete the cluster with ${this.#deletion}, or choose another name with KIND="--name …"`,
      );
  }

  #kind(args: readonly string[], options: Parameters<RunProgram>[2]) {
    return mustRun(this.#run, 'kind', args, options);
  }

  #kubectl(args: readonly string[], timeoutSeconds: number) {
    return mustRun(this.#run, 'kubectl', ['--context', this.context, ...args], { timeoutSeconds });
  }
}

function networkOf(cidr: string): BlockList {
  const [address = '', bits = ''] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(bits));
  return list;
}
