import { z } from 'zod';
import { formatCheckpoint, parseCheckpoint } from '../checkpoint.ts';
import { type ShardLease, unreadLease } from './shard-lease.ts';

export const leaseEntrySchema = z.object({
  shardId: z.string(),
  parents: z.array(z.string()),
  hashRange: z.object({ start: z.string(), end: z.string() }).optional(),
  epoch: z.number().int(),
  checkpoint: z.string(),
  doneThroughMilliseconds: z.number(),
  // Older files have none of the members below.
  createdMilliseconds: z.number().default(0),
  streamCreatedMilliseconds: z.number().default(0),
  uncleanEnds: z.number().int().default(0),
  trying: z.string().optional(),
  bytesPerSecond: z.number().default(0),
  released: z.boolean().default(true),
});

/** Owner of the leases that an earlier process did not release. */
const EARLIER_PROCESS = 'an earlier process';

export type LeaseEntry = z.output<typeof leaseEntrySchema>;

const fileSchema = z.object({
  stream: z.string(),
  account: z.string().optional(),
  leases: z.array(leaseEntrySchema),
  process: z.object({ name: z.string(), pid: z.number().int() }).optional(),
  writer: z.string().optional(),
  edits: z.array(z.object({ id: z.string(), problem: z.string().optional() })).default([]),
});

/** What became of an edit that a person requested. `problem`: why it was not made. */
export interface EditResult {
  readonly id: string;
  readonly problem?: string | undefined;
}

interface FileUser {
  /** Name as a member of the group. */
  readonly name: string;
  /** Means something only on the machine, or in the container, of the process. */
  readonly pid: number;
}

/** The content of a lease file. */
export interface LeaseFile {
  /** Name. */
  readonly stream: string;
  /** Account of the stream. Files of earlier versions have none. */
  readonly account?: string | undefined;
  /** The owner of a lease that is not released was an earlier process, which is gone. */
  readonly leases: readonly ShardLease[];
  /** The process that uses the file. Absent if the last process was stopped. After a crash, it names the process that crashed. */
  readonly process?: FileUser | undefined;
  /** Identifies the process that wrote the file. Files of earlier versions have none. */
  readonly writer?: string | undefined;
  /** The last edits that a person requested. */
  readonly edits: readonly EditResult[];
}

/** @throws Error that names the file */
export function parseLeaseFile(file: string, text: string): LeaseFile {
  try {
    const { leases, ...rest } = fileSchema.parse(JSON.parse(text));
    return { ...rest, leases: leases.map(leaseOf) };
  } catch (error) {
    throw new Error(`${file} is not a lease file: ${(error as Error).message}`);
  }
}

export function formatLeaseFile({ stream, account, process, writer, leases, edits }: LeaseFile): string {
  const content = {
    stream,
    account,
    process,
    writer,
    leases: leases.map(entryOf),
    ...(edits.length === 0 ? {} : { edits }),
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

/** @throws if the checkpoint cannot be parsed */
export function leaseOf(entry: LeaseEntry): ShardLease {
  const lease = { ...entry, hashRange: entry.hashRange, checkpoint: parseCheckpoint(entry.checkpoint) };
  const owner = entry.released ? undefined : EARLIER_PROCESS;
  return { ...unreadLease(lease), ...lease, owner, trying: entry.trying };
}

export function entryOf(lease: ShardLease): LeaseEntry {
  const { shardId, parents, hashRange, epoch, checkpoint, doneThroughMilliseconds } = lease;
  const { createdMilliseconds, streamCreatedMilliseconds } = lease;
  const { uncleanEnds, trying, bytesPerSecond, released } = lease;
  return {
    shardId,
    parents: [...parents],
    hashRange,
    epoch,
    checkpoint: formatCheckpoint(checkpoint),
    doneThroughMilliseconds,
    createdMilliseconds,
    streamCreatedMilliseconds,
    uncleanEnds,
    ...(trying === undefined ? {} : { trying }),
    bytesPerSecond,
    released,
  };
}
