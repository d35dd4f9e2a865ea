import { COMMANDS } from '../stream/commands.ts';
import { COMMON_OPTIONS } from '../stream/common-options.ts';
import { commandSections, exitCodeTable, optionTable } from './command-sections.ts';
import { page, pageHead } from './markdown.ts';

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
    ...exitCodeTable(),
    '',
    '`make` itself exits with 2 after every failure. `node scripts/stream/main.ts <command> …` tells 1 from 2.',
    '',
    '## Options of every command',
    '',
    ...optionTable(COMMON_OPTIONS),
    ...commandSections('stream', COMMANDS),
  );
}
