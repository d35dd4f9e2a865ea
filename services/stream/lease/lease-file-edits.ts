import { appendFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { formatCheckpoint, parseCheckpoint } from '../checkpoint.ts';
import type { SeenBefore } from './lease-edit.ts';
import { entryOf, leaseEntrySchema, leaseOf } from './lease-file.ts';
import type { ShardLease } from './shard-lease.ts';

const requestSchema = z.object({
  id: z.string(),
  stream: z.string(),
  seen: z
    .object({ epoch: z.number().int(), checkpoint: z.string(), createdMilliseconds: z.number() })
    .nullable(),
  exact: z.boolean(),
  lease: leaseEntrySchema,
});

/** A person's request to edit a lease. Only the process that uses the lease file may write to it. */
export interface EditRequest {
  readonly id: string;
  readonly stream: string;
  readonly seen: SeenBefore;
  readonly exact: boolean;
  /** The lease to make, or the lease that holds the new position. */
  readonly lease: ShardLease;
}

/** The file in which requests wait for the process that uses the lease file. Each line is a request. */
function editsFileOf(leaseFile: string): string {
  return `${leaseFile}.edits`;
}

/** Requests that a process has taken and not yet answered. A crash leaves this file, and the next process goes on with it. */
function takenFileOf(leaseFile: string): string {
  return `${editsFileOf(leaseFile)}.taken`;
}

export async function requestEdit(leaseFile: string, request: EditRequest): Promise<void> {
  const { seen, lease } = request;
  await mkdir(dirname(leaseFile), { recursive: true });
  const line = { ...request, seen: seen === undefined ? null : entrySeen(seen), lease: entryOf(lease) };
  const text = JSON.stringify(line);
  // The process that uses the file could not answer a request that it cannot read.
  if (parseRequests(text).length === 0)
    throw new Error(`the edit of ${lease.shardId} cannot be stored: ${text}`);
  await appendFile(editsFileOf(leaseFile), `${text}\n`);
}

/** Requests that no process has taken yet. */
export async function waitingEdits(leaseFile: string): Promise<EditRequest[]> {
  return parseRequests(await readOrEmpty(editsFileOf(leaseFile)));
}

/** Takes the requests that wait. Call `forgetEdits` once they are answered in the lease file. */
export async function takeEdits(leaseFile: string): Promise<EditRequest[]> {
  const taken = takenFileOf(leaseFile);
  const left = await readOrEmpty(taken);
  if (left !== '') return parseRequests(left);
  try {
    await rename(editsFileOf(leaseFile), taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return parseRequests(await readOrEmpty(taken));
}

export async function forgetEdits(leaseFile: string): Promise<void> {
  await rm(takenFileOf(leaseFile), { force: true });
}

/** A line that is no request is left out: it has no id under which it could be answered. */
function parseRequests(text: string): EditRequest[] {
  return text.split('\n').flatMap((line) => {
    try {
      const { seen, lease, ...rest } = requestSchema.parse(JSON.parse(line));
      const before = seen === null ? undefined : { ...seen, checkpoint: parseCheckpoint(seen.checkpoint) };
      return [{ ...rest, seen: before, lease: leaseOf(lease) }];
    } catch {
      return [];
    }
  });
}

function entrySeen({ epoch, checkpoint, createdMilliseconds }: NonNullable<SeenBefore>) {
  return { epoch, checkpoint: formatCheckpoint(checkpoint), createdMilliseconds };
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
