import type { Shell } from '../../../scripts/aws/shell.ts';

/** Runs nothing. Notes each command line, and fails those that a test names. */
export class RecordingShell implements Shell {
  readonly lines: string[] = [];
  readonly inputs: string[] = [];
  readonly #onRun: (line: string) => void;

  /** @param onRun is called for each command line; what it throws is the failure of the program */
  constructor(onRun: (line: string) => void = () => {}) {
    this.#onRun = onRun;
  }

  async run(program: string, args: readonly string[], options: { readonly input?: string } = {}) {
    this.#note(program, args, options.input);
  }

  async read(program: string, args: readonly string[], options: { readonly input?: string } = {}) {
    this.#note(program, args, options.input);
    return 'a-password';
  }

  #note(program: string, args: readonly string[], input: string | undefined): void {
    const name = program === process.execPath ? 'node' : program;
    const line = [name, ...args].map((part) => part.replace(/^.*\/node_modules\//, '')).join(' ');
    this.lines.push(line);
    if (input !== undefined) this.inputs.push(input);
    this.#onRun(line);
  }
}
