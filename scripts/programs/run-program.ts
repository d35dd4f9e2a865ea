import { spawn } from 'node:child_process';

export interface ProgramResult {
  /** Exit code. null if a signal ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** The program is killed after this time, and the run fails. */
  readonly timeoutSeconds: number;
  readonly input?: string;
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Passes the output on to the terminal, for work that takes minutes. `stdout` and `stderr` are then empty. */
  readonly shown?: boolean;
}

/** Runs a program to its end. Its exit code may be any: the caller decides what a code means. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options: ProgramOptions,
) => Promise<ProgramResult>;

/** A program that is not installed. */
export class ProgramMissing extends Error {
  override readonly name = 'ProgramMissing';
}

const LIMIT_BYTES = 64 * 1024 * 1024;

/** @throws ProgramMissing; Error if the program does not end in time or prints more than 64 MiB */
export const runProgram: RunProgram = async (program, args, options) => {
  const child = spawn(program, args, {
    stdio: ['pipe', options.shown ? 2 : 'pipe', options.shown ? 2 : 'pipe'],
    env: { ...process.env, ...options.environment },
    ...(options.workingDirectory === undefined ? {} : { cwd: options.workingDirectory }),
  });
  let problem: string | undefined;
  const give = (reason: string) => {
    problem ??= reason;
    child.kill('SIGKILL');
    // A program that it started may hold the pipes open. Without this the run would wait for that program too.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const limit = setTimeout(
    () => give(`did not end within ${options.timeoutSeconds} s`),
    options.timeoutSeconds * 1000,
  );
  const texts = { stdout: '', stderr: '' };
  let bytes = 0;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      bytes += text.length;
      if (bytes > LIMIT_BYTES) give(`printed more than ${LIMIT_BYTES} bytes`);
      else texts[name] += text;
    });
  }
  // A program may end, or close its input, before it has read everything. Its exit code says whether it failed.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'ENOENT' ? new ProgramMissing(`${program} is not installed, or not on PATH`) : error,
        ),
      );
      child.once('close', resolve);
    });
    if (problem !== undefined) throw new Error(`${[program, ...args].join(' ')} ${problem}`);
    return { code, ...texts };
  } finally {
    clearTimeout(limit);
  }
};

const SHOWN_LINES = 15;

/** Runs a program that must succeed. @throws Error with the end of its output, if it fails */
export async function mustRun(
  run: RunProgram,
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const result = await run(program, args, options);
  if (result.code === 0) return result;
  const said = `${result.stdout}\n${result.stderr}`.trim();
  const lines = said === '' ? [] : said.split('\n').slice(-SHOWN_LINES);
  throw new Error([`${[program, ...args].join(' ')} ended with ${result.code}`, ...lines].join('\n  | '));
}
