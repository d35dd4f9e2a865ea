import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  generateApplications,
  pyfuncProbabilities,
  runTraining,
  scoreFile,
} from '../../../../scripts/stack/training.ts';
import { loadModel } from '../../../../services/inference/model/load-model.ts';
import type { Model } from '../../../../services/inference/model/model.ts';
import type { ArtifactSource } from '../../../../services/inference/model/model-artifact.ts';
import { ModelRegistry } from '../../../../services/shared/mlflow/model-registry.ts';
import { batchOf, decisionStack, read, streamRecord } from '../../../support/model/decision-stack.ts';
import { httpApp } from '../../../support/model/http-app.ts';
import { sharedMlflow } from '../../../support/shared-servers.ts';

const TRAINING_MILLISECONDS = 540_000;
const NAME = 'every-application';

/** Rows of a CSV without quotes, without label and identifier, with every value as text. */
function unlabelledRows(file: string): Record<string, string>[] {
  const [header = '', ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => {
    const values = line.split(',');
    const row = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
    delete row.Loan_ID;
    delete row.Loan_Status;
    return row;
  });
}

/** The versions of a registry with contracts of version 1, which name no matrix. */
function inVersion1(registry: ModelRegistry): ArtifactSource {
  return {
    listArtifacts: (...version) => registry.listArtifacts(...version),
    // The digest is that of the registered contract.
    getVersion: async (...version) => ({ ...(await registry.getVersion(...version)), tags: {} }),
    downloadArtifact: async (name, version, path, ...limits) => {
      const content = await registry.downloadArtifact(name, version, path, ...limits);
      if (path !== 'serving.json') return content;
      const { encoding: _encoding, ...contract } = JSON.parse(new TextDecoder().decode(content));
      return Buffer.from(JSON.stringify({ ...contract, schemaVersion: 1 }));
    },
  };
}

describe('on a model that training has registered', () => {
  const directory = mkdtempSync(join(tmpdir(), 'every-application-'));
  let mlflowUrl: string;
  let model: Model;

  beforeAll(async () => {
    mlflowUrl = await sharedMlflow();
    const { version, digest } = await runTraining({
      mlflowUrl,
      directory,
      name: 'decisions',
      arguments: [
        `--model-name=${NAME}`,
        '--data=synthetic:614:7',
        '--trials=0',
        '--cv-repeats=1',
        '--jobs=1',
      ],
    });
    const registry = new ModelRegistry({ url: mlflowUrl });
    model = await loadModel({ registry, name: NAME, version, expectedDigest: digest, requireContract: true });
  }, TRAINING_MILLISECONDS);

  afterAll(async () => {
    await model?.close();
    rmSync(directory, { recursive: true, force: true });
  }, TRAINING_MILLISECONDS);

  /** Decides each application alone, by stream and by HTTP, and expects equal decisions. */
  async function expectEqualDecisions(inputs: readonly unknown[]): Promise<void> {
    await using app = await httpApp({ stable: model });
    const { signal } = new AbortController();
    for (const [index, input] of inputs.entries()) {
      const envelope = { input, request_id: String(index) };
      const [outcome] = await app.processor.process(batchOf([streamRecord(envelope)]), signal);
      const answer = await app.post('/predict', envelope);
      expect(outcome?.kind).toBe('decision');
      expect(answer.status).toBe(200);
      const { approved, probability, request_id } = answer.json();
      expect(read(outcome).prediction).toEqual({ approved, probability, request_id, reasons: [] });
    }
  }

  test(
    'every generated application is decided, equally by stream and by HTTP',
    async () => {
      const lines = await generateApplications({ directory, rows: 300, seed: 11 });
      await expectEqualDecisions(lines.map((line) => JSON.parse(line).input));
    },
    TRAINING_MILLISECONDS,
  );

  /** Decides `data` by `loan-training score`, and `records` by the stream, and expects the same rows. */
  async function expectSameAsFile(data: string, records: readonly string[]): Promise<void> {
    const { name, version } = model.identity;
    const rows = await scoreFile({ mlflowUrl, directory, modelUri: `models:/${name}/${version}`, data });
    const { processor } = decisionStack({ stable: model });
    const batch = batchOf(records.map((record) => streamRecord(record)));
    const outcomes = (await processor.process(batch, new AbortController().signal)).map(read);
    expect(rows).toHaveLength(records.length);
    expect(rows.map(({ error_code }) => error_code ?? 'decided')).toEqual(
      outcomes.map(({ error }) => (error as { code?: string } | undefined)?.code ?? 'decided'),
    );
    for (const [index, { probability, positive, error_code, error_field, error_message }] of rows.entries()) {
      const { prediction, error } = outcomes[index] as { prediction?: object; error?: object };
      if (prediction !== undefined) expect(prediction).toMatchObject({ approved: positive, probability });
      else
        expect({ code: error_code, field: error_field, message: error_message }).toMatchObject(error ?? {});
    }
  }

  test(
    'a file gets the decisions and the errors of the stream',
    async () => {
      const made = await generateApplications({ directory, rows: 300, seed: 12 });
      const records = made.map((line, index) =>
        index % 7 === 0
          ? line.replace(/"LoanAmount": [^,}]*/, '"LoanAmount": -1')
          : index % 11 === 0
            ? 'no record'
            : line,
      );
      const data = join(directory, 'records.jsonl');
      writeFileSync(data, `${records.join('\n')}\n`);
      await expectSameAsFile(data, records);
    },
    TRAINING_MILLISECONDS,
  );

  test(
    'the graph gives the same probabilities from its columns, in version 1, as from its matrix',
    async () => {
      expect(model.contract).toMatchObject({ schemaVersion: 2 });
      const { name, version } = model.identity;
      const registry = inVersion1(new ModelRegistry({ url: mlflowUrl }));
      const first = await loadModel({ registry, name, version, requireContract: true });
      const lines = await generateApplications({ directory, rows: 300, seed: 13 });
      const batch = batchOf(lines.map((line) => streamRecord(line)));
      const [columns, matrix] = await Promise.all(
        [first, model].map(async (stable) => {
          const { processor } = decisionStack({ stable });
          return (await processor.process(batch, new AbortController().signal)).map(
            (outcome) => read(outcome).prediction,
          );
        }),
      );
      expect(columns).toHaveLength(300);
      expect(columns).toEqual(matrix);
      await first.close();
    },
    TRAINING_MILLISECONDS,
  );

  const file = process.env.LOAN_DATA_CSV;
  const onRealRows = (title: string, body: (file: string) => Promise<void>): void => {
    if (file === undefined) test.skip(`${title} (LOAN_DATA_CSV is not set)`, () => {});
    else test(title, () => body(file), TRAINING_MILLISECONDS);
  };

  onRealRows('every real application is decided, equally by stream and by HTTP', async (csv) => {
    const rows = unlabelledRows(csv);
    expect(rows).toHaveLength(614);
    await expectEqualDecisions(rows);
  });

  onRealRows('a file gets the decisions of the stream on every real application', async (csv) => {
    await expectSameAsFile(
      csv,
      unlabelledRows(csv).map((input) => JSON.stringify({ input })),
    );
  });

  onRealRows('mlflow.pyfunc and onnxruntime-node agree on every real application', async (csv) => {
    const { name, version } = model.identity;
    const expected = await pyfuncProbabilities(mlflowUrl, directory, `models:/${name}/${version}`, csv);
    const records = unlabelledRows(csv).map((input) => streamRecord({ input }));
    const { processor } = decisionStack({ stable: model });
    const outcomes = await processor.process(batchOf(records), new AbortController().signal);
    const differences = outcomes.map((outcome, row) => {
      const { probability } = read(outcome).prediction as { readonly probability: number };
      return Math.abs(probability - (expected[row] ?? Number.NaN));
    });
    expect(differences).toHaveLength(614);
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });
});
