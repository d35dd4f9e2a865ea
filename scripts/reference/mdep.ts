import { COMMANDS } from '../mdep/commands.ts';
import { COMMON_OPTIONS } from '../mdep/common-options.ts';
import { commandSections, exitCodeTable, optionTable } from './command-sections.ts';
import { page, pageHead } from './markdown.ts';

/** docs/reference/kubectl-mdep.md */
export function mdepPage(): string {
  return page(
    ...pageHead('kubectl mdep', 'the commands of `scripts/mdep`'),
    '',
    '`kubectl mdep` looks at the rollout of a ModelDeployment, and asks the operator to act. [Watch a rollout](../how-to/watch-a-rollout.md) shows examples.',
    'Results go to standard output, and everything else to standard error. kubectl wants the options after the name of the command.',
    '`NAME` may be left out if the namespace has one ModelDeployment.',
    '',
    '## Exit codes',
    '',
    ...exitCodeTable(),
    '',
    '## Rights',
    '',
    '`status` and `history` need the verbs `get`, `list` and `watch` on `modeldeployments`. The other commands also need `patch`.',
    'They set one annotation, and beside it `serving.loan-eligibility.dev/requested-by.REQUEST` to the user name that the API server gives in a SelfSubjectReview.',
    'A command is decided on the state that it changes: if the object changes meanwhile, the command looks again.',
    '',
    '## Options of every command',
    '',
    ...optionTable(COMMON_OPTIONS),
    ...commandSections('kubectl mdep', COMMANDS),
  );
}
