import { type Command, type CommandOption, optionSyntax } from '../command-line/command.ts';
import { code, table } from './markdown.ts';

/** One section for each command of a tool. `tool` is how a person calls it, e.g. `stream`. */
export function commandSections(tool: string, commands: readonly Omit<Command<never>, 'run'>[]): string[] {
  return commands.flatMap(({ name, operands, summary, details, options }) => [
    '',
    `## ${code([tool, name, operands].filter(Boolean).join(' '))}`,
    '',
    summary,
    ...(details.length > 0 ? ['', ...details] : []),
    ...(options.length > 0 ? ['', ...optionTable(options)] : []),
  ]);
}

export function optionTable(options: readonly CommandOption[]): string[] {
  return table(
    ['option', 'meaning'],
    options.map((option) => [code(optionSyntax(option)), option.help]),
  );
}

/** What every tool with commands exits with. */
export function exitCodeTable(): string[] {
  return table(
    ['code', 'meaning'],
    [
      ['0', 'The command is done.'],
      [
        '1',
        'The command is not possible, is refused, or was not wanted. The message says what to do instead.',
      ],
      ['2', 'The command line is wrong.'],
    ],
  );
}
