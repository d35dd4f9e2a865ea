import { assertAsSeen, editLease, positionOf } from './lease-edit.ts';
import type { EditRequest } from './lease-file-edits.ts';
import { LeaseConflict } from './lease-store.ts';
import type { ShardLease } from './shard-lease.ts';

/** What becomes of a request: the lease after the edit, or why the edit is refused. */
export interface JudgedEdit {
  readonly request: EditRequest;
  readonly lease?: ShardLease;
  readonly problem?: string;
}

export interface EditedFile {
  readonly file: string;
  /** Name. */
  readonly stream: string;
  readonly leases: readonly ShardLease[];
}

/**
 * Judges requests in their order, each against the leases that the earlier requests make. The process that makes the
 * edits and the tool that requests them call this function, so the tool knows beforehand which edits will be refused.
 */
export function judgeEdits(
  { file, stream, leases }: EditedFile,
  requests: readonly EditRequest[],
): JudgedEdit[] {
  const current = new Map(leases.map((lease) => [lease.shardId, lease]));
  return requests.map((request) => {
    const { seen, exact, lease: wanted } = request;
    try {
      if (request.stream !== stream)
        throw new LeaseConflict(`${file} holds the checkpoints of stream ${stream}`);
      const before = current.get(wanted.shardId);
      assertAsSeen(wanted.shardId, before, seen, exact);
      const lease = before === undefined ? wanted : editLease(before, positionOf(wanted));
      current.set(lease.shardId, lease);
      return { request, lease };
    } catch (error) {
      if (!(error instanceof LeaseConflict)) throw error;
      return { request, problem: error.message };
    }
  });
}
