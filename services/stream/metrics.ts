import type { Registry as MetricsRegistry } from 'prom-client';
import { STREAM_METRICS } from '../shared/agreements/metric-names.ts';
import { createMetrics, type MetricDefinition } from '../shared/metric-definition.ts';

const BATCH_RECORDS = [1, 4, 16, 64, 128, 256, 512, 1024, 4096];
const LATENCY_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** All metrics of the stream consumer. */
export const STREAM_METRIC_DEFINITIONS = {
  recordsRead: {
    type: 'counter',
    name: STREAM_METRICS.recordsRead,
    help: 'Records that were read. Each record of a KPL aggregate counts.',
    present: 'always',
  },
  bytesRead: {
    type: 'counter',
    name: STREAM_METRICS.bytesRead,
    help: 'Data of the records that were read.',
    present: 'always',
  },
  recordsWritten: {
    type: 'counter',
    name: STREAM_METRICS.recordsWritten,
    help: 'Decisions and dead letters that PutRecords confirmed.',
    labels: ['stream'],
    present: 'always',
  },
  objectsWritten: {
    type: 'counter',
    name: STREAM_METRICS.objectsWritten,
    help: 'Payloads of dead letters that were stored whole under ON_FAILURE.',
    present: 'trouble',
  },
  overtakingWrites: {
    type: 'counter',
    name: STREAM_METRICS.overtakingWrites,
    help: 'Decisions that are stored and were put again, because they overtook an earlier decision of a hot key.',
    labels: ['stream'],
    present: 'trouble',
  },
  batchRecords: {
    type: 'histogram',
    name: STREAM_METRICS.batchRecords,
    help: 'Records in one batch.',
    present: 'always',
    buckets: BATCH_RECORDS,
  },
  recordLatencySeconds: {
    type: 'tallied histogram',
    name: STREAM_METRICS.recordLatencySeconds,
    help: 'Time from the arrival of a record on the input stream to its confirmed decision or dead letter.',
    present: 'always',
    buckets: LATENCY_SECONDS,
  },
  reading: {
    type: 'gauge',
    name: STREAM_METRICS.reading,
    help: 'Shards that this process reads now, by mode.',
    labels: ['mode'],
    present: 'always',
  },
  lagMilliseconds: {
    type: 'gauge',
    name: STREAM_METRICS.lagMilliseconds,
    help: 'How far the last read was behind the newest record (MillisBehindLatest).',
    labels: ['shard'],
    present: 'always',
  },
  checkpointAgeSeconds: {
    type: 'gauge',
    name: STREAM_METRICS.checkpointAgeSeconds,
    help: 'Age of the last checkpoint, or of the lease until its first. Every record that arrived before is done.',
    labels: ['shard'],
    present: 'always',
  },
  inFlightBytes: {
    type: 'gauge',
    name: STREAM_METRICS.inFlightBytes,
    help: 'Memory of records that are read and not yet confirmed: their buffers, and 400 bytes a record.',
    present: 'always',
  },
  leasesOwned: {
    type: 'gauge',
    name: STREAM_METRICS.leasesOwned,
    help: 'Shards whose lease this process holds.',
    present: 'always',
  },
  leaseWrites: {
    type: 'counter',
    name: STREAM_METRICS.leaseWrites,
    help: 'Conditional writes to the lease store.',
    labels: ['result'],
    present: 'always',
  },
  leaseTakes: {
    type: 'counter',
    name: STREAM_METRICS.leaseTakes,
    help: 'Shards that this process took, by what the lease was before.',
    labels: ['from'],
    present: 'always',
  },
  unownedShards: {
    type: 'gauge',
    name: STREAM_METRICS.unownedShards,
    help: 'Shards that must be read and that nobody reads, also because their lease cannot be read.',
    present: 'always',
  },
  hashRangeGap: {
    type: 'gauge',
    name: STREAM_METRICS.hashRangeGap,
    help: 'Share of the hash key space that no unfinished shard with a readable lease covers.',
    present: 'always',
  },
  trimmed: {
    type: 'gauge',
    name: STREAM_METRICS.trimmed,
    help: 'Shards that are stopped: records may have been deleted unread, or the shard left the stream.',
    note: 'see the [runbook](../runbook.md#a-shard-is-stopped).',
    present: 'always',
  },
  foreignParts: {
    type: 'counter',
    name: STREAM_METRICS.foreignParts,
    help: 'Records of KPL aggregates whose keys belong to another shard, by what became of them.',
    note: '`action` is `FOREIGN_PARTS`: [ADR 15](../explanation/adr/0015-foreign-parts.md).',
    labels: ['action'],
    present: 'trouble',
  },
  retries: {
    type: 'counter',
    name: STREAM_METRICS.retries,
    help: 'Calls and batches that were retried.',
    labels: ['operation'],
    present: 'trouble',
  },
  throttles: {
    type: 'counter',
    name: STREAM_METRICS.throttles,
    help: 'Calls and records that Kinesis refused because of a limit.',
    labels: ['operation'],
    present: 'trouble',
  },
  giveUps: {
    type: 'counter',
    name: STREAM_METRICS.giveUps,
    help: 'Records that the consumer itself made dead letters.',
    labels: ['reason'],
    present: 'trouble',
  },
  fanOutFallbacks: {
    type: 'counter',
    name: STREAM_METRICS.fanOutFallbacks,
    help: 'Times that a shard changed from fan-out to polling.',
    labels: ['reason'],
    present: 'trouble',
  },
  expiredIterators: {
    type: 'counter',
    name: STREAM_METRICS.expiredIterators,
    help: 'Shard iterators that expired and were renewed.',
    present: 'trouble',
  },
  unprovenEnds: {
    type: 'counter',
    name: STREAM_METRICS.unprovenEnds,
    help: 'Answers without a next position from a shard that is not closed. The shard is read on.',
    present: 'trouble',
  },
  replacedLeases: {
    type: 'counter',
    name: STREAM_METRICS.replacedLeases,
    help: 'Leases that were replaced because they contradicted the stream.',
    note: '`recreated`: the stream was deleted and created anew. `reopened`: an open shard had a lease with `SHARD_END`.',
    labels: ['reason'],
    present: 'trouble',
  },
  readFailures: {
    type: 'counter',
    name: STREAM_METRICS.readFailures,
    help: 'Reads of a shard that failed. `kind` is `denied` if a person has to change something.',
    note: '`reason` is the name of the error on AWS, such as `AccessDeniedException`.',
    labels: ['kind', 'reason'],
    present: 'trouble',
  },
  leasesLost: {
    type: 'counter',
    name: STREAM_METRICS.leasesLost,
    help: 'Leases that ended although this process wanted to keep them.',
    labels: ['reason'],
    present: 'trouble',
  },
} as const satisfies Record<keyof typeof STREAM_METRICS, MetricDefinition>;

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;

export function createStreamMetrics(metricsRegistry: MetricsRegistry) {
  return createMetrics(metricsRegistry, STREAM_METRIC_DEFINITIONS);
}
