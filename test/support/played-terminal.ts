import type { Terminal } from '../../scripts/command-line/terminal.ts';

export interface ToolRun {
  readonly code: number;
  /** Standard output. */
  readonly out: string;
  /** Standard error. */
  readonly said: string;
  readonly questions: readonly string[];
}

/**
 * Runs a tool as a person does.
 * @param answer what the person answers to each question. Undefined: there is no terminal to ask.
 */
export async function onPlayedTerminal(
  run: (terminal: Terminal) => Promise<number>,
  answer?: string | ((question: string) => Promise<string>),
): Promise<ToolRun> {
  const out: string[] = [];
  const said: string[] = [];
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    return typeof answer === 'function' ? answer(question) : (answer ?? '');
  };
  const code = await run({
    out: (text) => out.push(text),
    say: (text) => said.push(text),
    ask: answer === undefined ? undefined : ask,
  });
  return { code, out: out.join('\n'), said: said.join('\n'), questions };
}
