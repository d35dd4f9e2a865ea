import { readFileSync } from 'node:fs';
import { KinesisFake } from '../support/kinesis-fake/kinesis-fake.ts';
import { paddedRecord } from './padded-record.ts';

// Serves the stream of a benchmark in a separate process, so that the consumer's CPU time does not include it.
// Usage: stream-bench-server.ts <shards> <records> <bytes a record> [<key> <certificate>]. It prints the URL of the
// stream. With the files of a key and a certificate it speaks TLS.
const [numbers, [key, certificate]] = [process.argv.slice(2, 5).map(Number), process.argv.slice(5)];
const [shards = 1, records = 0, bytes = 300] = numbers;
const tls =
  key === undefined || certificate === undefined
    ? undefined
    : { key: readFileSync(key), cert: readFileSync(certificate) };
const fake = await KinesisFake.start(tls === undefined ? {} : { tls });
fake.createStreams(shards, 'in');
fake.createStreams(4, 'out', 'rejects');
const stream = fake.stream('in');
for (let index = 0; index < records; index++) {
  const partitionKey = String(index);
  stream.put(stream.shardFor(partitionKey), partitionKey, paddedRecord(index, bytes).toString('base64'));
}
console.log(fake.url);
