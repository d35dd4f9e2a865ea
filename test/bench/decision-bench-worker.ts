import { FeatureColumns } from '../../services/inference/model/feature-columns.ts';
import { batchOf, decisionStack, streamRecord } from '../support/model/decision-stack.ts';
import { type BenchModelName, loadBenchModel } from './bench-model.ts';
import { longestHold } from './longest-hold.ts';
import { paddedRecord } from './padded-record.ts';

// Decides batches of records without a stream, and prints the CPU time as JSON. Its only argument is a DecisionTrial in
// JSON. A revision without this program gets it from the tree that measures, so it imports little.
export interface DecisionTrial {
  /** `decide`: from bytes to outcomes. `parse` and `score` do a part of the work: the lower limits of its cost. */
  readonly work: 'decide' | 'parse' | 'score';
  /** Name of the model. A revision that makes only one model takes that model. */
  readonly model: BenchModelName;
  readonly bytes: number;
  readonly batchRecords: number;
  readonly batches: number;
}

const { work, model: name, bytes, batchRecords, batches }: DecisionTrial = JSON.parse(process.argv[2] ?? '');
const model = await loadBenchModel(name);
const { contract } = model;
if (contract === undefined) throw new Error('the benchmark model has no contract');
const { processor, router } = decisionStack({ stable: model });
const { signal } = new AbortController();
const records = Array.from({ length: batchRecords }, (_, index) =>
  streamRecord(paddedRecord(index, bytes), {
    partitionKey: String(index),
    sequenceNumber: `4959033827149025660855969253836157109592157598913658${String(index).padStart(4, '0')}`,
  }),
);

async function decide(): Promise<void> {
  const batch = batchOf(records);
  await processor.process(batch, signal);
  processor.published(batch);
}

function partOfTheWork(): () => Promise<unknown> {
  const parsed = () => records.map(({ data }) => JSON.parse(Buffer.from(data).toString()).input);
  const features = FeatureColumns.fromRows(contract as NonNullable<typeof contract>, parsed());
  if (work === 'score') return () => model.score(features, batchRecords);
  return () => {
    parsed();
    return model.score(features, batchRecords);
  };
}

const batchDone = work === 'decide' ? decide : partOfTheWork();
for (let batch = 0; batch < Math.ceil(batches / 4); batch++) await batchDone();
const before = process.cpuUsage();
for (let batch = 0; batch < batches; batch++) await batchDone();
const { user, system } = process.cpuUsage(before);
const holdSeconds = await longestHold(batchDone);
router.close();
console.log(
  JSON.stringify({ cpuSeconds: (user + system) / 1e6, records: batches * batchRecords, holdSeconds }),
);
