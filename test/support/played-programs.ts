import type { ProgramOptions, ProgramResult, RunProgram } from '../../scripts/programs/run-program.ts';

/** A program that ran: its command line, and what it was given. */
export interface PlayedRun {
  readonly line: string;
  readonly options: ProgramOptions;
}

/** What a program answers. Undefined: exit code 0 and no output. */
export type Answer = Partial<ProgramResult> | Error | undefined;

/** Plays programs: `answer` says how each command line ends. */
export class PlayedPrograms {
  readonly runs: PlayedRun[] = [];
  readonly #answer: (line: string) => Answer;

  constructor(answer: (line: string) => Answer) {
    this.#answer = answer;
  }

  readonly run: RunProgram = async (program, args, options) => {
    const line = [program, ...args].join(' ');
    this.runs.push({ line, options });
    const answer = this.#answer(line);
    if (answer instanceof Error) throw answer;
    return { code: 0, stdout: '', stderr: '', ...answer };
  };

  get lines(): string[] {
    return this.runs.map(({ line }) => line);
  }
}
