import { ConfigError } from '../../services/shared/config.ts';
import { type Command, type CommandInput, type CommandOption, commandHelp, parseInput } from './command.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

export type Environment = Record<string, string | undefined>;

/** A program with commands. */
export interface Tool<Desk> {
  /** How a person calls it, e.g. `stream`. */
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly commands: readonly Command<Desk>[];
  /** Options of every command. */
  readonly options: readonly CommandOption[];
  /** Last lines of the help. */
  readonly notes: readonly string[];
  /** Opens what the commands work with. */
  readonly open: (input: CommandInput, environment: Environment, terminal: Terminal) => Promise<Desk>;
  readonly close: (desk: Desk) => Promise<void>;
  /** What to do about an error that says nothing about it. It is added to the message. */
  readonly hint?: (error: Error) => string;
}

/** 0: done. 1: not possible or refused. 2: the command line is wrong. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command. Nothing is thrown: what failed, and what to do next, is on standard error. */
export async function runTool<Desk>(
  tool: Tool<Desk>,
  args: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    await run(tool, args, environment, terminal);
    return 0;
  } catch (error) {
    const { name, message } = error as Error;
    terminal.say(`${tool.name}: ${message || name}${tool.hint?.(error as Error) ?? ''}`);
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
}

async function run<Desk>(
  tool: Tool<Desk>,
  [name, ...rest]: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<void> {
  if (name === undefined) throw new UsageError(`give a command\n\n${overview(tool)}`);
  const commandOf = (wanted: string | undefined) => tool.commands.find((it) => it.name === wanted);
  if (name === '--help' || name === 'help') {
    const asked = commandOf(rest[0]);
    return terminal.out(asked === undefined ? overview(tool) : commandHelp(tool.name, asked, tool.options));
  }
  if (name.startsWith('-'))
    throw new UsageError(`give the command first and its options behind it; see \`${tool.name} --help\``);
  const command = commandOf(name);
  if (command === undefined)
    throw new UsageError(`there is no command ${name}: ${tool.commands.map((it) => it.name).join(', ')}`);
  if (rest.includes('--help')) return terminal.out(commandHelp(tool.name, command, tool.options));
  const syntax = { ...command, options: [...command.options, ...tool.options] };
  const input = parseInput(tool.name, syntax, rest);
  const desk = await tool.open(input, environment, terminal);
  try {
    await command.run(input, desk);
  } finally {
    await tool.close(desk);
  }
}

function overview<Desk>({ name, summary, commands, notes }: Tool<Desk>): string {
  return [
    `Usage: ${name} <command> [options]`,
    '',
    summary,
    '',
    ...commands.map((it) => `  ${`${it.name} ${it.operands}`.padEnd(28)} ${it.summary}`),
    '',
    `\`${name} <command> --help\` says more. ${notes[0] ?? ''}`.trimEnd(),
    ...notes.slice(1),
  ].join('\n');
}
