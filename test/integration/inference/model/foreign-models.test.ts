import { describe, expect, test } from '@jest/globals';
import { FeatureColumns } from '../../../../services/inference/model/feature-columns.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { ServingContract } from '../../../../services/shared/contract/serving-contract.ts';
import { ModelRegistry } from '../../../../services/shared/mlflow/model-registry.ts';
import { FOREIGN_CONTRACT, foreignArtifact, foreignGraph } from '../../../support/model/foreign-model.ts';
import { digestOf } from '../../../support/model/loan-model.ts';
import { encodeOnnx } from '../../../support/model/onnx-graph.ts';
import { ZIP_MAP_CLASSIFIERS } from '../../../support/model/zip-map-classifiers.ts';
import { registerVersion } from '../../../support/register-version.ts';
import { sharedMlflow } from '../../../support/shared-servers.ts';

const NAME = 'foreign-models';
const TEST_MILLISECONDS = 120_000;

/** Registers the files in a real MLflow, and loads them as a server does. */
async function registered(files: Map<string, Uint8Array>, freeBytes = Number.POSITIVE_INFINITY) {
  const mlflowUrl = await sharedMlflow();
  const digest = digestOf(files);
  const version = await registerVersion(mlflowUrl, { name: NAME, files, tags: { digest } });
  return loadModel({
    registry: new ModelRegistry({ url: mlflowUrl }),
    name: NAME,
    version,
    requireContract: true,
    memory: { limitBytes: () => freeBytes, usedBytes: () => 0 },
  });
}

describe('a version that somebody else logged to MLflow', () => {
  test(
    'may have its weights in a file of any name',
    async () => {
      const graph = foreignGraph();
      const name = 'parts/Gewichte (neu) 3e5f';
      const initializers = graph.initializers.map((initializer) =>
        initializer.name === 'factor' ? { ...initializer, values: { externalPath: name } } : initializer,
      );
      const files = foreignArtifact(encodeOnnx({ ...graph, initializers })).set(
        name,
        new Uint8Array(Float32Array.of(1).buffer),
      );
      const model = await registered(files);
      expect(model.identity.digest).toBe(digestOf(files));
      await model.close();
      await expect(registered(files, 1000)).rejects.toMatchObject({ reason: 'ArtifactTooLarge' });
    },
    TEST_MILLISECONDS,
  );

  test(
    'may give its probabilities through ZipMap, and have renamed inputs',
    async () => {
      const { graph, rows, probabilities } = ZIP_MAP_CLASSIFIERS['a logistic regression'];
      const fields: ServingContract['fields'] = ['Credit History', 'Loan-Amount'].map((name) => ({
        name,
        type: 'number',
        required: true,
      }));
      const model = await registered(
        foreignArtifact(graph, {
          output: 'output_probability',
          outputClasses: ['N', 'Y'],
          decision: { ...FOREIGN_CONTRACT.decision, positiveClass: 'Y', negativeClass: 'N' },
          fields,
          golden: rows.map((input, index) => ({ input, probability: probabilities[index] as number })),
        }),
      );
      const scores = await model.score(FeatureColumns.fromRows({ fields }, rows), rows.length);
      probabilities.forEach((expected, row) => {
        expect(scores[row]).toBeCloseTo(expected, 6);
      });
      await model.close();
    },
    TEST_MILLISECONDS,
  );
});
