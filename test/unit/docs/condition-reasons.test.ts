import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { repositoryRoot } from '../../../scripts/stack/paths.ts';
import {
  CONDITION_REASONS,
  EVENT_REASONS,
  MODEL_LOAD_REASONS,
  RECORD_REASONS,
  REFUSAL_REASONS,
} from '../../../services/shared/agreements/condition-reasons.ts';

test.each(
  Object.keys({
    ...MODEL_LOAD_REASONS,
    ...REFUSAL_REASONS,
    ...CONDITION_REASONS,
    ...EVENT_REASONS,
    ...RECORD_REASONS,
  }),
)('the runbook names %s', (reason) => {
  // In the first cell of a table, or as code. Prose may contain the word by chance, or another reason that contains it.
  const named = new RegExp(`^\\| [^|]*\\b${reason}\\b[^|]*\\||\`${reason}\``, 'm');
  expect(readFileSync(`${repositoryRoot}/docs/runbook.md`, 'utf8')).toMatch(named);
});
