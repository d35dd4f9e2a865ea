import { parseArgs } from 'node:util';
import type { Desk } from './desk.ts';
import { UsageError } from './usage-error.ts';

export interface CommandOption {
  readonly name: string;
  /** What stands for the value in the help, e.g. `TIME`. Absent: the option has no value. */
  readonly value?: string;
  /** One line. */
  readonly help: string;
}

/** One command of the tool, with all that its help and the reference page say. */
export interface Command {
  readonly name: string;
  /** Its arguments in the help, e.g. `<shard>`. */
  readonly operands: string;
  /** One line. */
  readonly summary: string;
  /** Lines of the help below the summary. */
  readonly details: readonly string[];
  readonly options: readonly CommandOption[];
  readonly run: (input: CommandInput, desk: Desk) => Promise<void>;
}

/** The parsed command line of one command. */
export interface CommandInput {
  readonly operands: readonly string[];
  text(option: string): string | undefined;
  flag(option: string): boolean;
}

/** @throws UsageError */
export function parseInput(
  { name, operands, options }: Pick<Command, 'name' | 'operands' | 'options'>,
  args: readonly string[],
): CommandInput {
  const known = options.map((option) => [
    option.name,
    { type: option.value === undefined ? ('boolean' as const) : ('string' as const) },
  ]);
  const parsed = parse(name, args, Object.fromEntries(known));
  const wanted = operands.split(' ').filter(Boolean);
  if (parsed.positionals.length > wanted.length)
    throw new UsageError(`${name} takes ${operands || 'no arguments'}, not ${parsed.positionals.join(' ')}`);
  const missing = wanted[parsed.positionals.length];
  if (missing?.startsWith('<')) throw new UsageError(`${name} needs ${missing}`);
  const values = parsed.values as Readonly<Record<string, string | boolean | undefined>>;
  return {
    operands: parsed.positionals,
    text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
    flag: (option) => values[option] === true,
  };
}

function parse(
  name: string,
  args: readonly string[],
  options: Record<string, { readonly type: 'boolean' | 'string' }>,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    throw new UsageError(`${name}: ${reason}; see \`stream ${name} --help\``);
  }
}

/** The help of one command. `common` are the options of every command. */
export function commandHelp(command: Command, common: readonly CommandOption[]): string {
  const usage = ['stream', command.name, command.operands, '[options]'].filter(Boolean).join(' ');
  return [
    `Usage: ${usage}`,
    '',
    `${command.summary}`,
    ...(command.details.length > 0 ? ['', ...command.details] : []),
    '',
    ...(command.options.length > 0 ? [...optionLines(command.options), ''] : []),
    'Where:',
    ...optionLines(common),
  ].join('\n');
}

function optionLines(options: readonly CommandOption[]): string[] {
  return options.map(
    ({ name, value, help }) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(23)} ${help}`,
  );
}
