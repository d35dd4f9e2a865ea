import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ManagedProcessOptions {
  /** For messages: what a person calls it. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Standard output and error go here. */
  readonly logFile: string;
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}

const POLL_MILLISECONDS = 50;
const LOG_TAIL_LINES = 20;

/** A program that this process started and therefore ends, on every way out. */
export class ManagedProcess implements AsyncDisposable {
  readonly #options: ManagedProcessOptions;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #killOnExit = (): void => this.#signal('SIGKILL');

  constructor(options: ManagedProcessOptions) {
    this.#options = options;
    mkdirSync(dirname(options.logFile), { recursive: true });
    const log = openSync(options.logFile, 'a');
    this.#child = spawn(options.command, options.arguments, {
      // A group of its own: Ctrl-C reaches this process alone, which then stops its children in order.
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.environment },
      ...(options.workingDirectory ? { cwd: options.workingDirectory } : {}),
    });
    closeSync(log);
    this.#exited = Promise.race([once(this.#child, 'exit'), once(this.#child, 'error')]).catch(() => {});
    process.once('exit', this.#killOnExit);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Exit code; null where a signal ended it. */
  async exit(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  /**
   * Resolves once `probe` gives true.
   * @throws with the end of the log where the process ends first or `timeoutMilliseconds` pass
   */
  async waitUntil(what: string, timeoutMilliseconds: number, probe: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + timeoutMilliseconds;
    while (!(await probe().catch(() => false))) {
      if (!this.running) throw new Error(`${this.#options.name} ended before ${what}\n${this.logTail()}`);
      if (performance.now() > deadline) {
        throw new Error(
          `${this.#options.name}: not ${what} within ${timeoutMilliseconds / 1000} s\n${this.logTail()}`,
        );
      }
      await delay(POLL_MILLISECONDS);
    }
  }

  /** The log's last lines and where the rest is. */
  logTail(): string {
    const lines = readFileSync(this.#options.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
    return [...lines.map((line) => `  | ${line}`), `  (${this.#options.logFile})`].join('\n');
  }

  /** Asks the whole process group to end; kills it where it has not after `graceMilliseconds`. */
  async stop(graceMilliseconds = 10_000): Promise<void> {
    if (this.running) {
      this.#signal('SIGTERM');
      await Promise.race([this.#exited, delay(graceMilliseconds, undefined, { ref: false })]);
    }
    this.#signal('SIGKILL');
    await this.#exited;
    process.removeListener('exit', this.#killOnExit);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** Whether `url` answers with a 2xx. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}
