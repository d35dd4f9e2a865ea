import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { formatCheckpoint, parseCheckpoint } from '../checkpoint.ts';
import { LeaseConflict, type LeaseStore } from './lease-store.ts';
import {
  type Member,
  type NewMember,
  type ShardLease,
  type StoredLease,
  unreadLease,
} from './shard-lease.ts';

const fileSchema = z.object({
  stream: z.string(),
  leases: z.array(
    z.object({
      shardId: z.string(),
      parents: z.array(z.string()),
      hashRange: z.object({ start: z.string(), end: z.string() }),
      epoch: z.number().int(),
      checkpoint: z.string(),
      doneThroughMilliseconds: z.number(),
      // Older files have none of the members below.
      createdMilliseconds: z.number().default(0),
      streamCreatedMilliseconds: z.number().default(0),
      uncleanEnds: z.number().int().default(0),
      trying: z.string().optional(),
      bytesPerSecond: z.number().default(0),
    }),
  ),
});

export interface FileLeaseStoreOptions {
  readonly file: string;
  readonly stream: string;
}

/** Keeps the leases of one process in one file, which is replaced atomically. Two processes must not share a file. */
export class FileLeaseStore implements LeaseStore {
  readonly isShared = false;
  readonly #options: FileLeaseStoreOptions;
  readonly #leases = new Map<string, StoredLease>();
  #member: Member | undefined;
  #version = 0;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #onChange: () => void = () => {};

  constructor(options: FileLeaseStoreOptions) {
    this.#options = options;
  }

  async start(onChange: () => void): Promise<void> {
    this.#onChange = onChange;
    const { file, stream } = this.#options;
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return;
    const stored = parse(file, text);
    if (stored.stream !== stream) {
      throw new Error(
        `${file} holds the checkpoints of stream ${stored.stream}, not of ${stream}; set LEASE_FILE to another file`,
      );
    }
    // The owner was an earlier process, which is gone.
    for (const lease of stored.leases) this.#set({ ...unreadLease(lease), ...lease, trying: lease.trying });
  }

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  members(): readonly Member[] {
    return this.#member ? [this.#member] : [];
  }

  async read(shardId: string): Promise<StoredLease | undefined> {
    return this.#leases.get(shardId);
  }

  async create(lease: ShardLease): Promise<StoredLease> {
    if (this.#leases.has(lease.shardId)) throw new LeaseConflict(`${lease.shardId} has a lease already`);
    const stored = this.#set(lease);
    await this.#save();
    return stored;
  }

  async replace(lease: StoredLease): Promise<StoredLease> {
    this.#guard(lease);
    const stored = this.#set(lease);
    await this.#save();
    return stored;
  }

  async requestHandOff(): Promise<never> {
    throw new Error('a lease file has only one member');
  }

  async remove(lease: StoredLease): Promise<void> {
    this.#guard(lease);
    this.#leases.delete(lease.shardId);
    await this.#save();
  }

  async announce(member: NewMember): Promise<void> {
    this.#member = { ...member, version: String(++this.#version) };
    this.#onChange();
  }

  async withdraw(): Promise<void> {
    this.#member = undefined;
  }

  async stop(): Promise<void> {
    await this.#writing;
  }

  #guard(lease: StoredLease): void {
    const stored = this.#leases.get(lease.shardId);
    if (stored?.version !== lease.version)
      throw new LeaseConflict(`the lease of ${lease.shardId} was changed meanwhile`);
  }

  #set(lease: ShardLease): StoredLease {
    const version = String(++this.#version);
    const stored = { ...lease, version, renewal: version };
    this.#leases.set(lease.shardId, stored);
    this.#onChange();
    return stored;
  }

  /** Writes that arrive during a write share the next write. */
  #save(): Promise<void> {
    this.#queued ??= this.#writing
      .catch(() => {})
      .then(() => {
        this.#queued = undefined;
        this.#writing = this.#write();
        return this.#writing;
      });
    return this.#queued;
  }

  async #write(): Promise<void> {
    const { file, stream } = this.#options;
    const leases = this.leases().map(({ owner, handOffTo, released, version, renewal, ...lease }) => ({
      ...lease,
      checkpoint: formatCheckpoint(lease.checkpoint),
    }));
    await mkdir(dirname(file), { recursive: true });
    const partial = `${file}.partial`;
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(`${JSON.stringify({ stream, leases }, null, 1)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  }
}

function parse(file: string, text: string) {
  try {
    const { stream, leases } = fileSchema.parse(JSON.parse(text));
    return {
      stream,
      leases: leases.map((lease) => ({ ...lease, checkpoint: parseCheckpoint(lease.checkpoint) })),
    };
  } catch (error) {
    throw new Error(`${file} is not a lease file: ${(error as Error).message}`);
  }
}
