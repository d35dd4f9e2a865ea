import { expect, test } from '@jest/globals';
import { type TrainingCommand, trainingCliMarkdown } from '../../../../scripts/reference/training-cli.ts';

const SEED: TrainingCommand['params'][number] = {
  opts: ['--seed'],
  type: { name: 'integer range', min: 0, max: 2_000 },
  required: false,
  default: 7,
  envvar: 'LOAN_SEED',
  help: 'Decides the folds.',
};
const HELP = { ...SEED, opts: ['--help'], envvar: null, help: 'Show this message.' };

function command(name: string, params: TrainingCommand['params']): TrainingCommand {
  return { name, help: `${name} at length.`, short_help: null, params: [...params, HELP] };
}

test('each command is listed, and commands with the same options share a table', () => {
  const page = trainingCliMarkdown([
    command('fit', [SEED]),
    { ...command('evaluate', [SEED]), short_help: 'Score.' },
    command('run', [
      { ...SEED, default: 4, default_text: 'the number of CPUs' },
      {
        ...SEED,
        opts: ['--promote'],
        type: { name: 'choice', choices: ['always', 'never'] },
        required: true,
      },
      { ...SEED, opts: ['--url'], type: { name: 'text' }, default: null, envvar: null },
    ]),
  ]);
  expect(page).toContain('| `fit` | fit at length. |\n| `evaluate` | Score. |');
  expect(page.match(/^## Options.*$/gm)).toEqual(['## Options of `fit`, `evaluate`', '## Options of `run`']);
  expect(page).toContain('| `--seed` | `LOAN_SEED` | `7` | 0 to 2,000 | Decides the folds. |');
  expect(page).toContain('| `--seed` | `LOAN_SEED` | the number of CPUs | 0 to 2,000 | Decides the folds. |');
  expect(page).toContain('| `--promote` | `LOAN_SEED` | required | `always`, `never` | Decides the folds. |');
  expect(page).toContain('| `--url` |  | unset | text | Decides the folds. |');
  expect(page).not.toContain('--help');
});
