import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ManagedProcessOptions {
  /** Name for messages. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** File for standard output and standard error. */
  readonly logFile: string;
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}

const POLL_MILLISECONDS = 50;
const LOG_TAIL_LINES = 20;

/** Programs that must not outlive this process. */
const RUNNING = new Set<ManagedProcess>();

function killAll(): void {
  for (const started of RUNNING) started.kill();
}

/** A program that this process starts, and ends however this process itself ends. */
export class ManagedProcess implements AsyncDisposable {
  readonly #options: ManagedProcessOptions;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a');
    this.#child = spawn(options.command, options.arguments, {
      // The child gets its own process group. Ctrl-C then reaches only this process, which stops its children in order.
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.environment },
      ...(options.workingDirectory ? { cwd: options.workingDirectory } : {}),
    });
    closeSync(log);
    this.#exited = Promise.race([once(this.#child, 'exit'), once(this.#child, 'error')]).catch(() => {});
    RUNNING.add(this);
    if (RUNNING.size === 1) process.on('exit', killAll);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Exit code. null if a signal ended the program. */
  async exit(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  /**
   * Resolves once `probe` gives true.
   * @throws Error with the end of the log, if the program ends first or `timeoutMilliseconds` pass
   */
  async waitUntil(what: string, timeoutMilliseconds: number, probe: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + timeoutMilliseconds;
    while (!(await probe().catch(() => false))) {
      if (!this.running)
        throw new Error(`${this.#options.name} ended before it was ${what}\n${this.logTail()}`);
      if (performance.now() > deadline) {
        throw new Error(
          `${this.#options.name} was not ${what} within ${timeoutMilliseconds / 1000} s\n${this.logTail()}`,
        );
      }
      await delay(POLL_MILLISECONDS);
    }
  }

  /** The last lines of the log, and the path of the whole log. */
  logTail(): string {
    const lines = readFileSync(this.#options.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
    return [...lines.map((line) => `  | ${line}`), `  (${this.#options.logFile})`].join('\n');
  }

  /** Asks the whole process group to end. Kills the group if it still runs after `graceMilliseconds`. */
  async stop(graceMilliseconds = 10_000): Promise<void> {
    if (this.running) {
      this.#signal('SIGTERM');
      await Promise.race([this.#exited, delay(graceMilliseconds, undefined, { ref: false })]);
    }
    this.kill();
    await this.#exited;
    RUNNING.delete(this);
    if (RUNNING.size === 0) process.removeListener('exit', killAll);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Ends the whole process group at once. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group has ended already.
    }
  }
}

/** Whether `url` answers with a 2xx. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}
