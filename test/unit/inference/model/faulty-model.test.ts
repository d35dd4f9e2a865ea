import { expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { FAULTY_TERM, withFaultyTerm } from '../../../support/model/faulty-model.ts';
import {
  EXAMPLE_INPUT,
  expectedProbability,
  loanArtifact,
  loanContract,
} from '../../../support/model/loan-model.ts';

test.each([undefined, 'nan', 'code'] as const)(
  'a model (matrix: %s) with a fault that no golden sample shows fails on the records of the fault alone',
  async (missingCategory) => {
    const registry = new FakeRegistry();
    registry.add('8', new Map(withFaultyTerm(loanArtifact({ missingCategory }))));
    const model = await loadModel({
      registry,
      name: 'loan-eligibility',
      version: '8',
      requireContract: true,
    });
    const score = (term: number) => {
      const rows = [{ ...EXAMPLE_INPUT, Loan_Amount_Term: term }];
      return model.score(FeatureColumns.fromRows(loanContract({ missingCategory }), rows), 1);
    };
    expect((await score(360))[0]).toBeCloseTo(expectedProbability(EXAMPLE_INPUT), 5);
    await expect(score(FAULTY_TERM)).rejects.toMatchObject({ name: 'ScoringError' });
    await model.close();
  },
);
