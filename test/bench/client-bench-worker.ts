import { parseConfig } from '../../services/shared/config.ts';
import type { PutEntry } from '../../services/stream/client/stream-client.ts';
import { streamSettings } from '../../services/stream/settings.ts';
import { createStreamClient } from '../../services/stream/start-stream.ts';

// Reads the stream `in` from its start to its tip, and writes a record of the size of a decision for each record. Prints
// the CPU time as JSON. The first 10 reads do not count, because the code is not warm yet.
const DECISION_BYTES = 520;
const WARM_UP_READS = 10;

const settings = parseConfig(streamSettings, process.env);
const client = createStreamClient({ ...settings, INPUT_STREAM: 'in' });
const { signal } = new AbortController();

/** Makes new data for each record, because a process that decides also does so. */
function toEntry({ partitionKey }: { readonly partitionKey: string }): PutEntry {
  return { partitionKey, data: Buffer.from(partitionKey.padEnd(DECISION_BYTES, 'x')) };
}

async function readAndWrite(iterator: string): Promise<{ next: string | undefined; records: number }> {
  const { records, nextIterator } = await client.read('in', iterator, settings.READ_LIMIT, signal);
  for (let first = 0; first < records.length; first += settings.BATCH_SIZE) {
    const batch = records.slice(first, first + settings.BATCH_SIZE);
    const outcomes = await client.put(settings.OUTPUT_STREAM, batch.map(toEntry), signal);
    if (outcomes.some((outcome) => outcome !== undefined)) throw new Error('a record was not written');
  }
  return { next: records.length > 0 ? nextIterator : undefined, records: records.length };
}

const [shard] = await client.listShards('in', signal);
if (shard === undefined) throw new Error('the stream has no shard');
let iterator: string | undefined = await client.iterator(
  'in',
  shard.shardId,
  { type: 'TRIM_HORIZON' },
  signal,
);
let cpu = process.cpuUsage();
let records = 0;
for (let reads = 0; iterator !== undefined; reads++) {
  if (reads === WARM_UP_READS) {
    cpu = process.cpuUsage();
    records = 0;
  }
  const done = await readAndWrite(iterator);
  records += done.records;
  iterator = done.next;
}
if (records === 0) throw new Error('no record was read after the warm-up; give the stream more records');
const { user, system } = process.cpuUsage(cpu);
client.close();
console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, records }));
