import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { AwsEnvironment } from '../../../infrastructure/environment-schema.ts';
import type { AwsContext } from '../../../scripts/aws/context.ts';
import { runAws } from '../../../scripts/aws/run-aws.ts';
import type { Shell } from '../../../scripts/aws/shell.ts';
import type { Terminal } from '../../../scripts/command-line/terminal.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import type { AwsEmulator } from './aws-emulator.ts';

const COMMAND_MILLISECONDS = 180_000;
const APP = `${repositoryRoot}/test/support/aws/emulated-app.ts`;

/** The commands of `make aws-*` against the emulator that took this process. CDK's command line is the real one. */
export class EmulatedAccount {
  readonly outputsFile: string;
  readonly #directory: string;
  readonly #emulator: AwsEmulator;

  constructor(emulator: AwsEmulator, directory: string) {
    this.#emulator = emulator;
    this.#directory = directory;
    this.outputsFile = `${directory}/outputs.json`;
  }

  /**
   * Does `make aws-<command>` with these settings.
   * @returns what the command and CDK printed
   * @throws Error with what they printed, if the command fails. CDK names each resource that failed, and why
   */
  async make(environment: AwsEnvironment, ...args: readonly string[]): Promise<string> {
    const printed: string[] = [];
    const terminal: Terminal = {
      out: (line) => printed.push(line),
      say: (line) => printed.push(line),
      ask: undefined,
    };
    const shell = this.#shell(environment, terminal);
    const context: AwsContext = { environment, shell, terminal, outputsFile: this.outputsFile };
    const code = await this.#emulator.during(runAws(args, () => Promise.resolve(context), terminal));
    const output = printed.join('\n');
    if (code !== 0) throw new Error(`aws ${args.join(' ')} ended with code ${code}\n${output}`);
    return output;
  }

  /** Outputs of a stack as `make aws-deploy` noted them. */
  outputs(stack: string): Readonly<Record<string, string>> {
    return JSON.parse(readFileSync(this.outputsFile, 'utf8'))[stack] ?? {};
  }

  #shell(environment: AwsEnvironment, terminal: Terminal): Shell {
    mkdirSync(this.#directory, { recursive: true });
    const settings = `${this.#directory}/settings.json`;
    writeFileSync(settings, JSON.stringify(environment));
    const crash = new AbortController();
    void this.#emulator.process.exit().then(() => crash.abort());
    const app = `--app=${process.execPath} ${APP} ${settings}`;
    const start: Shell['read'] = async (program, args, { directory, environment: variables } = {}) => {
      const child = spawn(program, [...args, app, `--output=${this.#directory}/cdk.out`], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...variables },
        timeout: COMMAND_MILLISECONDS,
        // Without the emulator CDK would go on trying.
        signal: crash.signal,
        killSignal: 'SIGKILL',
        ...(directory === undefined ? {} : { cwd: directory }),
      });
      const ended = new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve(code ?? signal));
      });
      const [output, errors, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
      terminal.say(output + errors);
      if (end !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${end}`);
      return output;
    };
    return { read: start, run: async (...call) => void (await start(...call)) };
  }
}
