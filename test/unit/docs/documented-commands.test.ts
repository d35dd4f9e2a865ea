import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type Command, type CommandOption, parseInput } from '../../../scripts/command-line/command.ts';
import { COMMANDS as MDEP_COMMANDS } from '../../../scripts/mdep/commands.ts';
import { COMMON_OPTIONS as MDEP_OPTIONS } from '../../../scripts/mdep/common-options.ts';
import { COMMANDS as PROMOTE_COMMANDS } from '../../../scripts/promote/commands.ts';
import { COMMON_OPTIONS as PROMOTE_OPTIONS } from '../../../scripts/promote/common-options.ts';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';

interface Tool {
  readonly name: string;
  readonly commands: readonly Command<never>[];
  readonly options: readonly CommandOption[];
  /** The words behind the name of the tool, as a page shows them. */
  readonly shown: RegExp;
}

const TOOLS: readonly Tool[] = [
  {
    name: 'promote',
    commands: PROMOTE_COMMANDS,
    options: PROMOTE_OPTIONS,
    shown: /PROMOTE="([a-z][^"]*)"/g,
  },
  {
    name: 'kubectl mdep',
    commands: MDEP_COMMANDS,
    options: MDEP_OPTIONS,
    shown: /(?:^|`)kubectl mdep ([a-z][^`|#\n]*)/gm,
  },
];

const PAGES = globSync(['README.md', 'docs/**/*.md'], { cwd: repositoryRoot }).sort();

/** As a shell splits them, for words in single or double quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, one, two, bare]) => one ?? two ?? bare ?? '',
  );
}

function problemOf({ name, commands, options }: Tool, line: string): string | undefined {
  const [verb, ...rest] = wordsOf(line);
  const command = commands.find((it) => it.name === verb);
  if (command === undefined) return `${line}: no such command`;
  try {
    parseInput(name, { ...command, options: [...command.options, ...options] }, rest);
    return undefined;
  } catch (error) {
    return `${line}: ${(error as Error).message}`;
  }
}

test.each(TOOLS)('every command of $name that a page shows is one', (tool) => {
  const shown = PAGES.flatMap((page) =>
    [...readFileSync(`${repositoryRoot}/${page}`, 'utf8').matchAll(tool.shown)].map(([, line = '']) => line),
  );
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.flatMap((line) => problemOf(tool, line) ?? [])).toEqual([]);
});
