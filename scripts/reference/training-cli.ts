import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { TRAINING_EXIT_CODES } from '../../services/shared/agreements/training-job.ts';
import { trainingBin } from '../stack/paths.ts';
import { code, page, pageHead, table } from './markdown.ts';

/**
 * Prints click's own description of the command line. A default that depends on the machine has a text.
 * A command of a group has the group's name before its own.
 */
const DESCRIBE = `
import json
import click
from loan_training.cli import cli

context = click.Context(cli)

def described(parameter):
    text = getattr(parameter, "show_default", None)
    if text == "required":
        return parameter.to_info_dict() | {"required": True}
    return parameter.to_info_dict() | ({"default_text": text} if isinstance(text, str) else {})

def commands(group, prefix=""):
    for command in group.commands.values():
        name = prefix + command.name
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield command.to_info_dict(context) | {
                "name": name,
                "params": [described(one) for one in command.params if isinstance(one, click.Option)],
            }
        if isinstance(command, click.Group):
            yield from commands(command, name + " ")

print(json.dumps(list(commands(cli)), default=str))
`;

const optionSchema = z.object({
  opts: z.array(z.string()),
  type: z.object({
    name: z.string(),
    choices: z.array(z.string()).optional(),
    min: z.number().nullish(),
    max: z.number().nullish(),
  }),
  required: z.boolean(),
  default: z.unknown(),
  default_text: z.string().optional(),
  envvar: z.string().nullable(),
  help: z.string().nullable(),
});
const commandsSchema = z.array(
  z.object({
    name: z.string(),
    help: z.string(),
    short_help: z.string().nullable(),
    params: z.array(optionSchema),
  }),
);

type Option = z.output<typeof optionSchema>;
export type TrainingCommand = z.output<typeof commandsSchema>[number];

const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'The run is done, whether or not its version was promoted.'],
  [TRAINING_EXIT_CODES.failed, 'The run failed and gave no model.'],
  [TRAINING_EXIT_CODES.invalidInput, 'The data or the command line is invalid.'],
  [
    TRAINING_EXIT_CODES.unreachable,
    'MLflow or the server of the data did not answer. Another run may succeed.',
  ],
];

/** docs/reference/training-cli.md. Undefined if the Python environment is not set up. */
export function trainingCliPage(): string | undefined {
  const python = `${trainingBin}/python`;
  if (!existsSync(python)) return undefined;
  const described = execFileSync(python, ['-c', DESCRIBE], { encoding: 'utf8' });
  return trainingCliMarkdown(commandsSchema.parse(JSON.parse(described)));
}

export function trainingCliMarkdown(commands: readonly TrainingCommand[]): string {
  return page(
    ...pageHead('Training command line', 'the command `loan-training` in jobs/training'),
    '',
    'The command is `jobs/training/.venv/bin/loan-training`, and `make train TRAIN="…"` calls `run`.',
    'An option wins over its variable.',
    '',
    '## Exit codes',
    '',
    ...table(
      ['code', 'meaning'],
      EXIT_CODES.map(([exitCode, meaning]) => [String(exitCode), meaning]),
    ),
    '',
    '## Commands',
    '',
    ...table(
      ['command', 'does'],
      commands.map(({ name, help, short_help }) => [code(name), short_help ?? help]),
    ),
    ...withSameOptions(commands).flatMap(optionSection),
  );
}

/** Commands that take the very same options share a table. */
function withSameOptions(commands: readonly TrainingCommand[]): TrainingCommand[][] {
  const groups = Map.groupBy(commands, ({ params }) => JSON.stringify(params));
  return [...groups.values()];
}

function optionSection(commands: readonly TrainingCommand[]): string[] {
  const options = (commands[0]?.params ?? []).filter(({ opts }) => !opts.includes('--help'));
  return [
    '',
    `## Options of ${commands.map(({ name }) => code(name)).join(', ')}`,
    '',
    ...table(
      ['option', 'variable', 'default', 'allowed', 'meaning'],
      options.map((option) => [
        option.opts.map(code).join(', '),
        option.envvar === null ? '' : code(option.envvar),
        defaultOf(option),
        allowedBy(option),
        option.help ?? '',
      ]),
    ),
  ];
}

function defaultOf(option: Option): string {
  if (option.required) return 'required';
  if (option.default_text !== undefined) return option.default_text;
  const isSet = typeof option.default === 'string' || typeof option.default === 'number';
  return isSet ? code(String(option.default)) : 'unset';
}

function allowedBy({ type }: Option): string {
  if (type.choices) return type.choices.map(code).join(', ');
  const { min, max } = type;
  if (typeof min !== 'number') return type.name;
  return typeof max === 'number'
    ? `${min.toLocaleString('en-US')} to ${max.toLocaleString('en-US')}`
    : `at least ${min}`;
}
