import type { Shell } from '../../../scripts/aws/shell.ts';

interface Options {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs nothing. Notes each command line, and fails those that a test names. */
export class RecordingShell implements Shell {
  readonly lines: string[] = [];
  readonly inputs: string[] = [];
  /** Variables that programs got beside those of this process. */
  readonly environments: Readonly<Record<string, string>>[] = [];
  readonly #onRun: (line: string) => unknown;

  /**
   * @param onRun is called for each command line. What it returns, if it is a text, is what the program prints, and what it throws is the
   * failure of the program.
   */
  constructor(onRun: (line: string) => unknown = () => {}) {
    this.#onRun = onRun;
  }

  async run(program: string, args: readonly string[], options: Options = {}) {
    this.#note(program, args, options);
  }

  async read(program: string, args: readonly string[], options: Options = {}) {
    return this.#note(program, args, options) ?? 'a-password';
  }

  #note(program: string, args: readonly string[], { input, environment }: Options): string | undefined {
    const name = program === process.execPath ? 'node' : program;
    const line = [name, ...args].map((part) => part.replace(/^.*\/node_modules\//, '')).join(' ');
    this.lines.push(line);
    if (input !== undefined) this.inputs.push(input);
    if (environment !== undefined) this.environments.push(environment);
    const printed = this.#onRun(line);
    return typeof printed === 'string' ? printed : undefined;
  }
}
