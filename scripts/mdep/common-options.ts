import type { CommandOption } from '../command-line/command.ts';
import { CLUSTER_OPTIONS } from '../kubernetes/chosen-context.ts';

/** Options of every command, with the names that kubectl has. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  ...CLUSTER_OPTIONS,
  { name: 'help', short: 'h', help: 'this text' },
];

export const OUTPUT_OPTION: CommandOption = {
  name: 'output',
  short: 'o',
  value: 'FORMAT',
  help: 'json prints all that the command shows as JSON',
};

export const REASON_OPTION: CommandOption = {
  name: 'reason',
  value: 'TEXT',
  help: 'why, for the record and for everybody who looks',
};
