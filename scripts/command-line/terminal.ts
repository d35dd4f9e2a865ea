import { createInterface } from 'node:readline/promises';

/** What a command prints and asks. Results go to standard output, and everything else to standard error. */
export interface Terminal {
  out(text: string): void;
  say(text: string): void;
  /** Undefined if there is nobody to ask. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

export const processTerminal: Terminal = {
  out: (text) => console.log(text),
  say: (text) => console.error(text),
  ask: process.stdin.isTTY ? askOnTerminal : undefined,
};

async function askOnTerminal(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } catch {
    // Ctrl-C or Ctrl-D: no answer. The line of the question ends here.
    console.error('');
    return '';
  } finally {
    lines.close();
  }
}
