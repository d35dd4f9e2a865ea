import { parseArgs } from 'node:util';
import { KIND_CLUSTER } from '../../charts/kind-cluster.ts';

export const KIND_HELP = `Usage: make kind [KIND="--name NAME"]
       make kind-delete [KIND="--name NAME"]

make kind creates a kind cluster for this system, waits until its nodes are ready, and makes it the current context.
A cluster of that name that exists is used as it is. make kind-delete deletes that cluster. Neither touches another cluster.

  --name NAME  name of the cluster (default: ${KIND_CLUSTER.name}). Its context is kind-NAME.
  --help

\`node scripts/kind/main.ts config\` prints the config, for \`kind create cluster --config\`.
Needs docker, kind and kubectl. KIND_EXPERIMENTAL_PROVIDER names another provider of kind, such as podman.`;

const COMMANDS = ['create', 'delete', 'config'] as const;

export interface KindOptions {
  readonly command: (typeof COMMANDS)[number] | 'help';
  readonly name: string;
}

/** kind's own rule for the name of a cluster. */
const NAME = /^[a-z0-9.-]+$/;

/** @throws Error that names the argument, if the command line is wrong */
export function readKindOptions(args: readonly string[]): KindOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { name: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  const name = values.name ?? KIND_CLUSTER.name;
  if (values.help) return { command: 'help', name };
  const [given, ...rest] = positionals;
  const command = COMMANDS.find((known) => known === given);
  if (command === undefined || rest.length > 0)
    throw new Error(`${positionals.join(' ') || 'no command'}: expected one of ${COMMANDS.join(', ')}`);
  if (!NAME.test(name))
    throw new Error(
      `--name ${JSON.stringify(name)}: only a-z, 0-9, "." and "-" may be in the name of a cluster`,
    );
  return { command, name };
}
