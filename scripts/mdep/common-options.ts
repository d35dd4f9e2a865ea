import type { CommandOption } from '../command-line/command.ts';

/** Options of every command, with the names that kubectl has. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  {
    name: 'namespace',
    short: 'n',
    value: 'NAME',
    help: 'namespace of the ModelDeployment (default the namespace of the context)',
  },
  { name: 'context', value: 'NAME', help: 'context of the kubeconfig (default the current context)' },
  { name: 'kubeconfig', value: 'PATH', help: 'kubeconfig file (default $KUBECONFIG, else ~/.kube/config)' },
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
