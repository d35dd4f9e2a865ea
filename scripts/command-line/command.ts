import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

export interface CommandOption {
  readonly name: string;
  /** One letter that stands for the name, e.g. `n`. */
  readonly short?: string;
  /** What stands for the value in the help, e.g. `TIME`. Absent: the option has no value. */
  readonly value?: string;
  /** One line. */
  readonly help: string;
}

/** One command of a tool, with all that its help and the reference page say. */
export interface Command<Desk> {
  readonly name: string;
  /** Its arguments in the help, e.g. `<shard>`. */
  readonly operands: string;
  /** One line. */
  readonly summary: string;
  /** Lines of the help below the summary. */
  readonly details: readonly string[];
  readonly options: readonly CommandOption[];
  /** @param desk what the tool has opened for its commands, e.g. its clients */
  readonly run: (input: CommandInput, desk: Desk) => Promise<void>;
}

/** The parsed command line of one command. */
export interface CommandInput {
  readonly operands: readonly string[];
  text(option: string): string | undefined;
  flag(option: string): boolean;
}

type Syntax = Pick<Command<never>, 'name' | 'operands' | 'options'>;

/**
 * @param tool how a person calls the tool, e.g. `stream`
 * @throws UsageError
 */
export function parseInput(
  tool: string,
  { name, operands, options }: Syntax,
  args: readonly string[],
): CommandInput {
  const parsed = parse(tool, name, args, options);
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

function parse(tool: string, name: string, args: readonly string[], known: readonly CommandOption[]) {
  const options = Object.fromEntries(
    known.map(({ name: option, short, value }) => [
      option,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    throw new UsageError(`${name}: ${reason}; see \`${tool} ${name} --help\``);
  }
}

/** The help of one command. `common` are the options of every command. */
export function commandHelp(
  tool: string,
  { name, operands, summary, details, options }: Omit<Command<never>, 'run'>,
  common: readonly CommandOption[],
): string {
  const usage = [tool, name, operands, '[options]'].filter(Boolean).join(' ');
  return [
    `Usage: ${usage}`,
    '',
    `${summary}`,
    ...(details.length > 0 ? ['', ...details] : []),
    '',
    ...(options.length > 0 ? [...optionLines(options), ''] : []),
    'Where:',
    ...optionLines(common),
  ].join('\n');
}

/** An option as the help and the reference page show it, e.g. `-n, --namespace NAME`. */
export function optionSyntax({ name, short, value }: CommandOption): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function optionLines(options: readonly CommandOption[]): string[] {
  return options.map((option) => `  ${optionSyntax(option).padEnd(23)} ${option.help}`);
}
