import { readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import process from 'node:process';
import type { Container, Pod } from '../../operators/rollout/cluster/objects.ts';
import { HTTP_PATHS } from '../../services/shared/agreements/http-paths.ts';
import { answers, ManagedProcess } from '../stack/managed-process.ts';
import { repositoryRoot } from '../stack/paths.ts';
import { kubernetesTime } from './played-times.ts';

export interface PodProcessOptions {
  readonly pod: Pod;
  /** Directory for the log and the termination message. */
  readonly directory: string;
}

/** Restarts after the first wait, like those of Kubernetes, though less long. */
const RESTART_MILLISECONDS = 5_000;
/** Kubernetes keeps no more of a termination message. */
const MESSAGE_BYTES = 4_096;
/** A model that was killed has no exit code. Kubernetes shows this number. */
const KILLED = 137;

interface Ended {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** The one container of a pod, as a process of this machine. */
export class PodProcess {
  readonly #options: PodProcessOptions;
  readonly #container: Container;
  readonly #messageFile: string;
  #process: ManagedProcess;
  #startedAt = Date.now();
  #ready = false;
  #readyChangedAt = Date.now();
  #restarts = 0;
  #last: Ended | undefined;
  #endedAt: number | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: PodProcessOptions) {
    const [container] = options.pod.spec?.containers ?? [];
    if (container === undefined) throw new Error(`pod ${options.pod.metadata.name} has no container`);
    this.#options = options;
    this.#container = container;
    this.#messageFile = `${options.directory}/${options.pod.metadata.name}.termination`;
    this.#process = this.#start();
  }

  /** The address of its HTTP server. Undefined without a port. */
  get url(): string | undefined {
    const port = this.#container.ports?.[0]?.containerPort;
    return port === undefined ? undefined : `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.running;
  }

  /** Looks at the process, starts it again if it must run, and gives the status of the pod. */
  async look(): Promise<NonNullable<Pod['status']>> {
    if (!this.#process.running && this.#stopping === undefined) await this.#ended();
    const ready = this.#process.running && (await this.#answers());
    if (ready !== this.#ready) this.#readyChangedAt = Date.now();
    this.#ready = ready;
    return this.#status();
  }

  /** Ends the process as the kubelet does: it may finish within its grace period. */
  stop(graceMilliseconds: number): Promise<void> {
    this.#stopping ??= this.#process.stop(graceMilliseconds);
    return this.#stopping;
  }

  get #once(): boolean {
    return (this.#options.pod.spec as { restartPolicy?: string } | undefined)?.restartPolicy === 'Never';
  }

  #start(): ManagedProcess {
    const { pod, directory } = this.#options;
    const { name } = pod.metadata;
    const [command = process.execPath, ...rest] = this.#container.command ?? [];
    this.#startedAt = Date.now();
    return new ManagedProcess({
      name,
      command,
      arguments: rest,
      environment: {
        PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
        TERMINATION_MESSAGE_PATH: this.#messageFile,
        // A directory of its own, like an emptyDir.
        ...(this.url === undefined
          ? {}
          : { HTTP_PORT: new URL(this.url).port, MODEL_CACHE_DIRECTORY: `${directory}/${name}.cache` }),
        ...variables(this.#container, pod),
      },
      logFile: `${directory}/${name}.log`,
      workingDirectory: repositoryRoot,
    });
  }

  async #ended(): Promise<void> {
    if (this.#endedAt === undefined) {
      const exitCode = (await this.#process.exit()) ?? KILLED;
      this.#endedAt = Date.now();
      // Programs that it started end with it.
      await this.#process.stop();
      const message = this.#message();
      this.#last = {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        ...(message === undefined ? {} : { message }),
        startedAt: kubernetesTime(this.#startedAt),
        finishedAt: kubernetesTime(this.#endedAt),
      };
    }
    if (this.#once || Date.now() - this.#endedAt < this.#restarts * RESTART_MILLISECONDS) return;
    this.#endedAt = undefined;
    this.#restarts++;
    this.#process = this.#start();
  }

  #message(): string | undefined {
    try {
      return readFileSync(this.#messageFile, 'utf8').slice(0, MESSAGE_BYTES);
    } catch {
      return undefined;
    }
  }

  async #answers(): Promise<boolean> {
    return this.url === undefined || answers(`${this.url}${HTTP_PATHS.ready}`).catch(() => false);
  }

  #status(): NonNullable<Pod['status']> {
    const { name, image = '' } = this.#container;
    const ended = this.#endedAt === undefined ? undefined : this.#last;
    const changed = kubernetesTime(this.#readyChangedAt);
    const condition = (type: string, holds: boolean) => ({
      type,
      status: holds ? 'True' : 'False',
      lastTransitionTime: changed,
    });
    const final = this.#once && ended !== undefined;
    return {
      phase: final ? (ended.exitCode === 0 ? 'Succeeded' : 'Failed') : 'Running',
      podIP: '127.0.0.1',
      startTime: this.#options.pod.metadata.creationTimestamp ?? kubernetesTime(this.#startedAt),
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', this.#ready),
        condition('Ready', this.#ready),
      ],
      containerStatuses: [
        {
          name,
          ...{ image, imageID: '' },
          ready: this.#ready,
          restartCount: this.#restarts,
          state: this.#state(ended),
          ...(this.#last && !final ? { lastState: { terminated: this.#last } } : {}),
        },
      ],
    };
  }

  #state(ended: Ended | undefined) {
    if (ended === undefined) return { running: { startedAt: kubernetesTime(this.#startedAt) } };
    return this.#once ? { terminated: ended } : { waiting: { reason: 'CrashLoopBackOff' } };
  }
}

/** The variables of the container. Of references only the fields of the pod itself are known. */
function variables(container: Container, { metadata }: Pod): Record<string, string> {
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
  };
  return Object.fromEntries(
    (container.env ?? []).flatMap(({ name, value, valueFrom }) => {
      const text = value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''];
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
