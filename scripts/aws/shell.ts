import { spawn } from 'node:child_process';

/** Runs programs for the commands of `scripts/aws`. */
export interface Shell {
  /**
   * Runs a program on the terminal of the user.
   * @throws Error with the exit code if the program fails
   */
  run(program: string, args: readonly string[], options?: ShellOptions): Promise<void>;
  /**
   * Runs a program and collects what it prints on standard output, at most 16 MiB.
   * @throws Error with the exit code if the program fails
   */
  read(program: string, args: readonly string[], options?: ShellOptions): Promise<string>;
}

interface ShellOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Text for standard input. Absent: the terminal's for `run`, nothing for `read`. */
  readonly input?: string;
}

const LONGEST_OUTPUT = 16 * 1024 * 1024;

/** The programs of this machine. */
export const machineShell: Shell = {
  run: async (program, args, options = {}) => {
    await start(program, args, options, 'inherit');
  },
  read: (program, args, options = {}) => start(program, args, options, 'pipe'),
};

async function start(
  program: string,
  args: readonly string[],
  { directory, environment, input }: ShellOptions,
  output: 'inherit' | 'pipe',
): Promise<string> {
  const stdin = input !== undefined ? 'pipe' : output === 'inherit' ? 'inherit' : 'ignore';
  const child = spawn(program, args, {
    stdio: [stdin, output, 'inherit'],
    env: { ...process.env, ...environment },
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.length > LONGEST_OUTPUT) child.kill();
  });
  // A program may end before it has read everything. Its exit code says whether it failed.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`${program} cannot be started: ${error.message}. Install it and put it on PATH.`)),
    );
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  if (code !== 0) throw new Error(`\`${[program, ...args].join(' ')}\` ended with ${code}`);
  return text;
}
