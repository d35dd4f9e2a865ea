import { KinesisFake } from '../support/kinesis-fake/kinesis-fake.ts';
import { applicationRecord } from './applications.ts';

// Serves the stream of a benchmark in a separate process, so that the consumer's CPU time does not include it.
// Usage: stream-bench-server.ts <shards> <records> <bytes a record>. It prints the URL of the stream.
const [shards = 1, records = 0, bytes = 300] = process.argv.slice(2).map(Number);
const fake = await KinesisFake.start();
fake.createStreams(shards, 'in');
fake.createStreams(4, 'out', 'rejects');
const stream = fake.stream('in');
for (let index = 0; index < records; index++) {
  const key = String(index);
  stream.put(stream.shardFor(key), key, padded(index, bytes).toString('base64'));
}
console.log(fake.url);

function padded(index: number, size: number): Buffer {
  const record = Buffer.from(applicationRecord(index)).toString();
  const missing = size - record.length - ',"note":""'.length;
  return Buffer.from(missing > 0 ? `${record.slice(0, -1)},"note":"${'x'.repeat(missing)}"}` : record);
}
