import { type Environment, type ExitCode, runTool, type Tool } from '../command-line/run-tool.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { COMMANDS } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import type { Desk } from './desk.ts';
import { closeDesk, openDesk } from './open-desk.ts';

const TOOL: Tool<Desk> = {
  name: 'stream',
  summary: 'Looks at the consumer group of a stream, and changes where it reads on.',
  commands: COMMANDS,
  options: COMMON_OPTIONS,
  notes: [
    'Every change is shown first and asks; --yes skips the question.',
    'Exit codes: 0 done, 1 not possible or refused, 2 wrong command line.',
    '`make` itself exits with 2 after every failure.',
  ],
  open: openDesk,
  close: closeDesk,
  hint: ({ name, message }) =>
    name === 'CredentialsProviderError' || message.includes('CredentialsProviderError')
      ? '. For an emulator run `make local` first, or give its --endpoint. For AWS configure credentials'
      : '',
};

/** Runs one command. Nothing is thrown: what failed, and what to do next, is on standard error. */
export function runStream(
  args: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<ExitCode> {
  return runTool(TOOL, args, environment, terminal);
}
