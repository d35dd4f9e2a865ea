import { expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { FAULTY_TERM, withFaultyTerm } from '../../../support/model/faulty-model.ts';
import {
  EXAMPLE_INPUT,
  expectedProbability,
  LOAN_FIELDS,
  loanArtifact,
} from '../../../support/model/loan-model.ts';

test('a model with a fault that no golden sample shows loads, scores, and fails on the records of the fault alone', async () => {
  const registry = new FakeRegistry();
  registry.add('8', new Map(withFaultyTerm(loanArtifact())));
  const model = await loadModel({ registry, name: 'loan-eligibility', version: '8', requireContract: true });
  const score = (term: number) =>
    model.score(
      FeatureColumns.fromRows({ fields: LOAN_FIELDS }, [{ ...EXAMPLE_INPUT, Loan_Amount_Term: term }]),
      1,
    );
  expect((await score(360))[0]).toBeCloseTo(expectedProbability(EXAMPLE_INPUT), 5);
  await expect(score(FAULTY_TERM)).rejects.toMatchObject({ name: 'ScoringError' });
  await model.close();
});
