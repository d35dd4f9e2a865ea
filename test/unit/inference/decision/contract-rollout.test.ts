import { afterEach, describe, expect, test } from '@jest/globals';
import type { Candidate } from '../../../../services/inference/decision/route/model-router.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { Model } from '../../../../services/inference/model/model.ts';
import type { ContractRow } from '../../../../services/shared/contract/serving-contract.ts';
import {
  batchOf,
  decisionStack,
  metricValue,
  read,
  streamRecord,
} from '../../../support/model/decision-stack.ts';
import { FakeRegistry } from '../../../support/model/fake-registry.ts';
import { FAULTY_TERM, withFaultyTerm } from '../../../support/model/faulty-model.ts';
import {
  EXAMPLE_INPUT,
  expectedProbability,
  type LoanModelOptions,
  loanArtifact,
} from '../../../support/model/loan-model.ts';
import { until } from '../../../support/until.ts';

const { signal } = new AbortController();
const STABLE_INTERCEPT = -2;
const CANDIDATE_INTERCEPT = 1;

/** Stable version and candidate, by what they do with a missing category. Undefined is version 1. */
const ROLLOUTS: readonly [LoanModelOptions['missingCategory'], LoanModelOptions['missingCategory']][] = [
  [undefined, 'nan'],
  [undefined, 'code'],
  ['nan', undefined],
  ['nan', 'code'],
];

/** Applications with every optional value missing in some of them. */
const INPUTS: readonly ContractRow[] = Array.from({ length: 60 }, (_, index) => ({
  ...EXAMPLE_INPUT,
  ApplicantIncome: 1000 * index,
  Gender: [null, 'Male', 'Female'][index % 3] ?? null,
  Property_Area: ['Rural', '', 'Urban', 'Semiurban'][index % 4] ?? null,
  LoanAmount: index % 5 === 0 ? null : 100,
  Credit_History: index % 2,
}));

const models: Model[] = [];
afterEach(() => Promise.all(models.splice(0).map((model) => model.close())));

async function load(version: string, files: ReadonlyMap<string, Uint8Array>): Promise<Model> {
  const registry = new FakeRegistry();
  registry.add(version, new Map(files));
  const model = await loadModel({ registry, name: 'loan-eligibility', version, requireContract: true });
  models.push(model);
  return model;
}

async function rollout(
  stable: ReadonlyMap<string, Uint8Array>,
  candidate: ReadonlyMap<string, Uint8Array>,
  mode: Pick<Candidate, 'mode' | 'weightPercent'>,
) {
  const second = await load('8', candidate);
  const stack = decisionStack({ stable: await load('7', stable), loadCandidate: async () => second });
  stack.router.setCandidate({ version: '8', digest: second.identity.digest, ...mode });
  await until('the candidate is loaded', () => stack.router.find('8') !== undefined);
  return stack;
}

function batchWith(inputs: readonly object[]) {
  return batchOf(
    inputs.map((input, index) =>
      streamRecord({ input, request_id: index }, { partitionKey: `key-${index}` }),
    ),
  );
}

describe.each(ROLLOUTS)('beside a stable version (matrix: %s), a candidate (matrix: %s)', (before, after) => {
  test('decides its share in a canary, each version by its own layout', async () => {
    const { processor } = await rollout(
      loanArtifact({ missingCategory: before, intercept: STABLE_INTERCEPT }),
      loanArtifact({ missingCategory: after, intercept: CANDIDATE_INTERCEPT }),
      { mode: 'canary', weightPercent: 50 },
    );
    const outcomes = await processor.process(batchWith(INPUTS), signal);
    const roles = outcomes.map((outcome, index) => {
      const { role, prediction } = read(outcome);
      const intercept = role === 'stable' ? STABLE_INTERCEPT : CANDIDATE_INTERCEPT;
      const expected = expectedProbability(INPUTS[index] ?? {}, intercept);
      expect((prediction as { probability: number }).probability).toBeCloseTo(expected, 5);
      return role;
    });
    expect(new Set(roles)).toEqual(new Set(['stable', 'candidate']));
  });

  test('that fails in a canary leaves its records to the stable version', async () => {
    const { processor } = await rollout(
      loanArtifact({ missingCategory: before }),
      withFaultyTerm(loanArtifact({ missingCategory: after, intercept: CANDIDATE_INTERCEPT })),
      { mode: 'canary', weightPercent: 100 },
    );
    const inputs = INPUTS.slice(0, 12).map((input, index) => ({
      ...input,
      Loan_Amount_Term: index === 7 ? FAULTY_TERM : 360,
    }));
    const outcomes = await processor.process(batchWith(inputs), signal);
    expect(outcomes.map((outcome) => read(outcome).role)).toEqual(
      inputs.map((_, index) => (index === 7 ? 'stable' : 'candidate')),
    );
    const { prediction } = read(outcomes[7]);
    const expected = expectedProbability(inputs[7] ?? {});
    expect((prediction as { probability: number }).probability).toBeCloseTo(expected, 5);
  });

  test('is compared in shadow, also by the values of groups', async () => {
    const { processor, shadow, metricsRegistry } = await rollout(
      loanArtifact({ missingCategory: before }),
      loanArtifact({ missingCategory: after }),
      { mode: 'shadow', weightPercent: 0 },
    );
    const batch = batchWith(INPUTS);
    await processor.process(batch, signal);
    processor.published(batch);
    await shadow.idle();
    const value = (name: string, labels: Record<string, string>) =>
      metricValue(metricsRegistry, name, { model_version: '8', ...labels });
    expect(await value('inference_shadow_comparisons_total', { agreement: 'agree' })).toBe(INPUTS.length);
    expect(await value('inference_shadow_errors_total', {})).toBeUndefined();
    for (const group of ['missing', 'Male', 'Female']) {
      const labels = { group: 'Gender', value: group };
      for (const decision of ['true', 'false']) {
        const counts = await Promise.all(
          ['stable', 'candidate'].map((scored_by) =>
            value('inference_shadow_decisions_total', { ...labels, decision, scored_by }),
          ),
        );
        expect(counts[0]).toBe(counts[1]);
        expect(counts[0]).toBeGreaterThan(0);
      }
    }
  });
});
