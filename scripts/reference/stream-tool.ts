import type { Command, CommandOption } from '../stream/command.ts';
import { COMMANDS } from '../stream/commands.ts';
import { COMMON_OPTIONS } from '../stream/common-options.ts';
import { code, page, pageHead, table } from './markdown.ts';

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'The command is done.'],
  ['1', 'The command is not possible, is refused, or was not wanted. The message says what to do instead.'],
  ['2', 'The command line is wrong.'],
];

/** docs/reference/stream-tool.md */
export function streamToolPage(): string {
  return page(
    ...pageHead('Stream command line', 'the commands of `scripts/stream`'),
    '',
    'The command is `make stream STREAM="<command> …"`. [Operate the stream](../how-to/operate-the-stream.md) shows examples.',
    'An option wins over its variable. Results go to standard output, and everything else to standard error.',
    '',
    '## Exit codes',
    '',
    ...table(['code', 'meaning'], EXIT_CODES),
    '',
    '`make` itself exits with 2 after every failure. `node scripts/stream/main.ts <command> …` tells 1 from 2.',
    '',
    '## Options of every command',
    '',
    ...optionTable(COMMON_OPTIONS),
    ...COMMANDS.flatMap(section),
  );
}

function section({ name, operands, summary, details, options }: Command): string[] {
  return [
    '',
    `## ${code(['stream', name, operands].filter(Boolean).join(' '))}`,
    '',
    summary,
    ...(details.length > 0 ? ['', ...details] : []),
    ...(options.length > 0 ? ['', ...optionTable(options)] : []),
  ];
}

function optionTable(options: readonly CommandOption[]): string[] {
  return table(
    ['option', 'meaning'],
    options.map(({ name, value, help }) => [code(`--${name}${value ? ` ${value}` : ''}`), help]),
  );
}
