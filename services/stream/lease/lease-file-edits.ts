import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { formatCheckpoint, parseCheckpoint } from '../checkpoint.ts';
import type { SeenBefore } from './lease-edit.ts';
import { entryOf, leaseEntrySchema, leaseOf } from './lease-file.ts';
import { editsFileOf, takenFileOf } from './lease-file-names.ts';
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

/** Lines of an edits file. */
export interface ReadEdits {
  /** Without repeats. */
  readonly requests: readonly EditRequest[];
  /** Lines that are no request. They have no id under which they could be answered. */
  readonly unreadable: readonly string[];
}

/** @throws Error if the process that uses the file could not read the request */
export async function requestEdit(leaseFile: string, request: EditRequest): Promise<void> {
  await requestEdits(leaseFile, [request]);
}

/** Stores requests in one write, so that a process makes them together. @throws Error as above */
export async function requestEdits(leaseFile: string, requests: readonly EditRequest[]): Promise<void> {
  const lines = requests.map(lineOf);
  await mkdir(dirname(leaseFile), { recursive: true });
  // A line that a crash cut short must not swallow the next line, so every write begins with a new line.
  const text = `\n${lines.join('\n')}\n`;
  // A process that takes the file at this moment may have read the file without these lines. They are then written
  // again, and the process answers each id once.
  while (!(await append(editsFileOf(leaseFile), text)));
}

/**
 * Requests that no process has answered, in the order in which a process makes them. A request moves from the edits file
 * to the taken file to the answers in the lease file. Read in that direction, no request is missed: read the lease file
 * after this call, and leave out what the lease file answers.
 */
export async function waitingEdits(leaseFile: string): Promise<EditRequest[]> {
  const waiting = await readOrEmpty(editsFileOf(leaseFile));
  const taken = await readOrEmpty(takenFileOf(leaseFile));
  return [...parseEdits(`${taken}\n${waiting}`).requests];
}

/**
 * Takes the requests that wait. Call `forgetEdits` once they are answered in the lease file.
 * @returns undefined if none wait
 */
export async function takeEdits(leaseFile: string): Promise<ReadEdits | undefined> {
  const taken = takenFileOf(leaseFile);
  const left = await readOrEmpty(taken);
  if (left !== '') return parseEdits(left);
  try {
    await rename(editsFileOf(leaseFile), taken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseEdits(await readOrEmpty(taken));
}

export async function forgetEdits(leaseFile: string): Promise<void> {
  await rm(takenFileOf(leaseFile), { force: true });
}

/**
 * Appends in one write, so that writers do not mix.
 * @returns false if a process took the file meanwhile: nobody can tell whether it has read the text
 */
async function append(file: string, text: string): Promise<boolean> {
  const handle = await open(file, 'a');
  try {
    const bytes = Buffer.from(text);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten !== bytes.length)
      throw new Error(
        `${file}: only ${bytesWritten} of ${bytes.length} bytes could be written, is the disk full?`,
      );
    await handle.sync();
    return await isSameFile(file, (await handle.stat()).ino);
  } finally {
    await handle.close();
  }
}

async function isSameFile(file: string, ino: number): Promise<boolean> {
  try {
    return (await stat(file)).ino === ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function lineOf(request: EditRequest): string {
  const { seen, lease } = request;
  const line = { ...request, seen: seen === undefined ? null : entrySeen(seen), lease: entryOf(lease) };
  const text = JSON.stringify(line);
  if (parseEdits(text).requests.length === 0)
    throw new Error(`the edit of ${lease.shardId} cannot be stored: ${text}`);
  return text;
}

function parseEdits(text: string): ReadEdits {
  const requests = new Map<string, EditRequest>();
  const unreadable: string[] = [];
  for (const line of text.split('\n').filter((it) => it.trim() !== '')) {
    const request = parseRequest(line);
    if (request === undefined) unreadable.push(line);
    else if (!requests.has(request.id)) requests.set(request.id, request);
  }
  return { requests: [...requests.values()], unreadable };
}

/** Undefined if the line is no request. */
function parseRequest(line: string): EditRequest | undefined {
  try {
    const { seen, lease, ...rest } = requestSchema.parse(JSON.parse(line));
    const before = seen === null ? undefined : { ...seen, checkpoint: parseCheckpoint(seen.checkpoint) };
    return { ...rest, seen: before, lease: leaseOf(lease) };
  } catch {
    return undefined;
  }
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
