import { ConfigError } from '../../services/shared/config.ts';
import { type Command, commandHelp, parseInput } from './command.ts';
import { COMMANDS } from './commands.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { closeDesk, openDesk } from './open-desk.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** 0: done. 1: not possible or refused. 2: the command line is wrong. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command. Nothing is thrown: what failed, and what to do next, is on standard error. */
export async function runStream(
  args: readonly string[],
  environment: Record<string, string | undefined>,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    await run(args, environment, terminal);
    return 0;
  } catch (error) {
    const { name, message } = error as Error;
    const hint =
      name === 'CredentialsProviderError' || message.includes('CredentialsProviderError')
        ? '. For an emulator run `make local` first, or give its --endpoint. For AWS configure credentials'
        : '';
    terminal.say(`stream: ${message || name}${hint}`);
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
}

async function run(
  [name, ...rest]: readonly string[],
  environment: Record<string, string | undefined>,
  terminal: Terminal,
): Promise<void> {
  if (name === undefined) throw new UsageError(`give a command\n\n${overview()}`);
  if (name === '--help' || name === 'help') return terminal.out(overview());
  const command = COMMANDS.find((it) => it.name === name);
  if (command === undefined)
    throw new UsageError(`there is no command ${name}: ${COMMANDS.map((it) => it.name).join(', ')}`);
  if (rest.includes('--help')) return terminal.out(commandHelp(command, COMMON_OPTIONS));
  await carryOut(command, rest, environment, terminal);
}

async function carryOut(
  command: Command,
  args: readonly string[],
  environment: Record<string, string | undefined>,
  terminal: Terminal,
): Promise<void> {
  const input = parseInput({ ...command, options: [...command.options, ...COMMON_OPTIONS] }, args);
  const desk = await openDesk(input, environment, terminal);
  try {
    await command.run(input, desk);
  } finally {
    await closeDesk(desk);
  }
}

function overview(): string {
  return [
    'Usage: stream <command> [options]',
    '',
    'Looks at the consumer group of a stream, and changes where it reads on.',
    '',
    ...COMMANDS.map(({ name, operands, summary }) => `  ${`${name} ${operands}`.padEnd(28)} ${summary}`),
    '',
    '`stream <command> --help` says more. Every change is shown first and asks; --yes skips the question.',
    'Exit codes: 0 done, 1 not possible or refused, 2 wrong command line.',
    '`make` itself exits with 2 after every failure.',
  ].join('\n');
}
