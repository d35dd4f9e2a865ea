import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ManagedProcess } from './managed-process.ts';
import { trainingBin } from './paths.ts';

const summarySchema = z.object({
  version: z.string(),
  run_id: z.string(),
  digest: z.string(),
  promoted: z.boolean(),
  reason: z.string(),
});

/** A search and a cross-validation that take seconds. The model is good enough to show, not to ship. */
export const QUICK = ['--trials=3', '--cv-repeats=1'] as const;

/** Result of a training run, as `loan-training run --summary-json` writes it. */
export type TrainingSummary = z.output<typeof summarySchema>;

export interface TrainingOptions {
  readonly mlflowUrl: string;
  /** Directory for the log, the summary and the files of Prefect. */
  readonly directory: string;
  /** Part of the name of the log. */
  readonly name: string;
  /** More arguments of `loan-training run`. */
  readonly arguments: readonly string[];
  /** Ends the run early. */
  readonly signal?: AbortSignal;
}

/** One real training run: data, comparison, search, fit, registration, promotion gate. */
export async function runTraining(options: TrainingOptions): Promise<TrainingSummary> {
  const summaryFile = `${options.directory}/training-${options.name}.json`;
  await runLoanTraining({
    name: options.name,
    directory: options.directory,
    arguments: ['run', ...options.arguments, `--summary-json=${summaryFile}`],
    environment: { MLFLOW_TRACKING_URI: options.mlflowUrl },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return summarySchema.parse(JSON.parse(await readFile(summaryFile, 'utf8')));
}

/** Probabilities by `mlflow.pyfunc` for the rows of `data`: a labelled CSV, or `synthetic:<rows>:<seed>`. */
export async function pyfuncProbabilities(
  mlflowUrl: string,
  directory: string,
  modelUri: string,
  data: string,
): Promise<number[]> {
  const file = `${directory}/probabilities.json`;
  await runLoanTraining({
    name: 'score',
    directory,
    arguments: [
      'score',
      `--model-uri=${modelUri}`,
      `--data=${data}`,
      `--probabilities-only`,
      `--output=${file}`,
    ],
    environment: { MLFLOW_TRACKING_URI: mlflowUrl },
  });
  return z.object({ probabilities: z.array(z.number()) }).parse(JSON.parse(await readFile(file, 'utf8')))
    .probabilities;
}

const scoredRowSchema = z.object({
  id: z.string(),
  probability: z.number().nullable(),
  positive: z.boolean().nullable(),
  error_code: z.string().nullable(),
  error_field: z.string().nullable(),
  error_message: z.string().nullable(),
});

/** Decides the rows of a file by `loan-training score`. */
export async function scoreFile(options: {
  readonly mlflowUrl: string;
  readonly directory: string;
  readonly modelUri: string;
  readonly data: string;
}): Promise<z.output<typeof scoredRowSchema>[]> {
  const { mlflowUrl, directory, modelUri, data } = options;
  const file = `${directory}/decisions.jsonl`;
  await runLoanTraining({
    name: 'score-file',
    directory,
    arguments: ['score', `--model-uri=${modelUri}`, `--data=${data}`, `--output=${file}`],
    environment: { MLFLOW_TRACKING_URI: mlflowUrl },
  });
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => scoredRowSchema.parse(JSON.parse(line)));
}

interface CommandOptions {
  readonly name: string;
  readonly directory: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @throws Error with the end of the log, if the command fails */
async function runLoanTraining(options: CommandOptions): Promise<void> {
  const run = new ManagedProcess({
    name: `training (${options.name})`,
    command: `${trainingBin}/loan-training`,
    arguments: options.arguments,
    environment: { PREFECT_HOME: `${options.directory}/prefect`, ...options.environment },
    logFile: `${options.directory}/training-${options.name}.log`,
    workingDirectory: options.directory,
  });
  const stop = () => void run.stop();
  options.signal?.addEventListener('abort', stop);
  try {
    const code = await run.exit();
    options.signal?.throwIfAborted();
    if (code !== 0) throw new Error(`training (${options.name}) exited with ${code}\n${run.logTail()}`);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await run.stop();
  }
}

/** Makes `rows` synthetic applications, each the text of a record of the input stream. */
export async function generateApplications(options: {
  readonly directory: string;
  readonly rows: number;
  readonly seed: number;
  /** More arguments of `loan-training generate`. */
  readonly arguments?: readonly string[];
  readonly signal?: AbortSignal;
}): Promise<string[]> {
  const { directory, rows, seed, signal } = options;
  const file = `${directory}/applications.jsonl`;
  await runLoanTraining({
    name: 'generate',
    directory,
    arguments: [
      'generate',
      `--rows=${rows}`,
      `--seed=${seed}`,
      '--format=jsonl',
      `--output=${file}`,
      ...(options.arguments ?? []),
    ],
    ...(signal ? { signal } : {}),
  });
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}

/** Makes `rows` labelled synthetic rows. @returns the path of the CSV */
export async function generateRows(options: {
  readonly directory: string;
  readonly rows: number;
  readonly seed: number;
}): Promise<string> {
  const { directory, rows, seed } = options;
  const file = `${directory}/rows.csv`;
  await runLoanTraining({
    name: 'generate-rows',
    directory,
    arguments: ['generate', `--rows=${rows}`, `--seed=${seed}`, '--format=csv', `--output=${file}`],
  });
  return file;
}
