import { existsSync, readFileSync } from 'node:fs';
import { emulatorCredentials } from '../../scripts/stack/kinesis-endpoint.ts';
import { ManagedProcess } from '../../scripts/stack/managed-process.ts';
import { repositoryRoot } from '../../scripts/stack/paths.ts';

export interface PodOptions {
  readonly name: string;
  readonly directory: string;
  readonly kinesisUrl: string;
  readonly kubeConfigFile: string;
  readonly namespace: string;
  readonly group: string;
  readonly leaseSeconds: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** @default the program of the chaos runs */
  readonly program?: string;
}

/** A consumer process that can be killed, suspended and asked to stop. */
export class PodProcess {
  readonly name: string;
  readonly #process: ManagedProcess;
  readonly #logFile: string;

  constructor(options: PodOptions) {
    this.name = options.name;
    this.#logFile = `${options.directory}/${options.name}.log`;
    this.#process = new ManagedProcess({
      name: options.name,
      command: process.execPath,
      arguments: [`${repositoryRoot}/${options.program ?? 'test/chaos/pod.ts'}`],
      environment: {
        ...emulatorCredentials,
        KUBECONFIG: options.kubeConfigFile,
        KINESIS_ENDPOINT: options.kinesisUrl,
        INPUT_STREAM: 'in',
        OUTPUT_STREAM: 'out',
        REJECT_STREAM: 'rejects',
        CONSUMER_GROUP: options.group,
        LEASE_STORE: 'kubernetes',
        POD_NAME: options.name,
        POD_NAMESPACE: options.namespace,
        LEASE_SECONDS: String(options.leaseSeconds),
        SHARD_SYNC_SECONDS: '2',
        POLL_INTERVAL_MILLISECONDS: '50',
        HAND_OFF_SECONDS: '2',
        ...options.environment,
      },
      logFile: this.#logFile,
    });
  }

  get running(): boolean {
    return this.#process.running;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2' | 'SIGTERM'): void {
    if (this.running) process.kill(this.#process.pid, name);
  }

  async kill(): Promise<void> {
    if (this.running) process.kill(this.#process.pid, 'SIGKILL');
    await this.#process.stop();
  }

  /** Stops the process as a kubelet does. */
  async stop(): Promise<void> {
    this.signal('SIGCONT');
    await this.#process.stop(30_000);
  }

  /** The lines of its log so far. */
  log(): readonly Readonly<Record<string, unknown>>[] {
    if (!existsSync(this.#logFile)) return [];
    const lines = readFileSync(this.#logFile, 'utf8').split('\n');
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  largestRssBytes(): number {
    return Math.max(0, ...this.log().map((line) => Number(line.rssBytes ?? 0)));
  }
}
