import { Histogram, type Registry } from 'prom-client';
import { metricFactory } from '../shared/metrics.ts';

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;

/** All series of the stream consumer. */
export function createStreamMetrics(registry: Registry) {
  const registers = [registry];
  const { counter, gauge } = metricFactory(registry);
  return {
    recordsRead: counter('kinesis_records_read_total', 'Records read, after de-aggregation'),
    bytesRead: counter('kinesis_read_bytes_total', 'Data of the records read'),
    foreignParts: counter(
      'kinesis_foreign_parts_total',
      'Parts of aggregates left out because their keys belong to another shard',
    ),
    recordsWritten: counter('kinesis_records_written_total', 'Outcomes confirmed by PutRecords', 'stream'),
    batchRecords: new Histogram({
      name: 'kinesis_batch_records',
      help: 'Records by batch handed to the processor',
      buckets: [1, 4, 16, 64, 128, 256, 512, 1024, 4096],
      registers,
    }),
    recordLatencySeconds: new Histogram({
      name: 'kinesis_record_latency_seconds',
      help: 'Time from the arrival of a record on the input stream to the confirmation of its outcome',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200],
      registers,
    }),
    lagMilliseconds: gauge('kinesis_lag_milliseconds', 'MillisBehindLatest of the last read', 'shard'),
    checkpointAgeSeconds: gauge(
      'kinesis_checkpoint_age_seconds',
      'Age of the moment before which all that arrived is done, at the last renewal',
      'shard',
    ),
    inFlightBytes: gauge('kinesis_in_flight_bytes', 'Data read and not yet confirmed'),
    retries: counter('kinesis_retries_total', 'Calls and batches tried again', 'operation'),
    throttles: counter('kinesis_throttles_total', 'Calls and entries refused by a limit', 'operation'),
    giveUps: counter('kinesis_give_ups_total', 'Records made dead letters by the consumer itself', 'reason'),
    reading: gauge('kinesis_shards_reading', 'Shards by the way in which they are read now', 'mode'),
    fanOutFallbacks: counter(
      'kinesis_fan_out_fallbacks_total',
      'Times that a shard went from fan-out to polling',
      'reason',
    ),
    expiredIterators: counter(
      'kinesis_expired_iterators_total',
      'Iterators that were renewed after they expired',
    ),
    leasesOwned: gauge('kinesis_leases_owned', 'Shards read by this process'),
    leaseWrites: counter('kinesis_lease_writes_total', 'Guarded writes to the lease store', 'result'),
    leasesLost: counter('kinesis_leases_lost_total', 'Leases that ended against the owner’s will', 'reason'),
    leaseTakes: counter('kinesis_lease_takes_total', 'Shards taken, by what they were before', 'from'),
    unownedShards: gauge('kinesis_unowned_shards', 'Shards that are to be read and that nobody reads'),
    hashRangeGap: gauge(
      'kinesis_hash_range_gap_ratio',
      'Part of the hash key space that no unfinished shard with a lease covers',
    ),
    trimmed: gauge(
      'kinesis_trimmed_checkpoints',
      'Shards stopped because records may have been deleted unread',
    ),
  };
}
