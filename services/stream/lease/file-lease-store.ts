import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Logger } from '../../shared/logging.ts';
import { formatCheckpoint } from '../checkpoint.ts';
import { EditTaker } from './edit-taker.ts';
import { leaseChange } from './lease-change.ts';
import type { LeaseFile } from './lease-file.ts';
import { LeaseFileInUse, LeaseFileLock } from './lease-file-lock.ts';
import { LeaseFileWriter, OverwrittenLeaseFile } from './lease-file-writer.ts';
import { LeaseConflict, type LeaseNews, type LeaseStore } from './lease-store.ts';
import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';
import { assertSameAccount, type StreamClaim } from './stream-claim.ts';
import type { UnreadableLease } from './unreadable-lease.ts';

export interface FileLeaseStoreOptions {
  readonly file: string;
  readonly stream: string;
  readonly logger: Logger;
}

/**
 * Keeps the leases of one process in one file, which is replaced atomically. Two processes must not share a file: the
 * lock refuses the second process at its start, and the writer notices it where no lock works.
 * A person's edits come as requests in a file beside it, because the process overwrites its file.
 */
export class FileLeaseStore implements LeaseStore {
  readonly isShared = false;
  readonly #options: FileLeaseStoreOptions;
  readonly #writer: LeaseFileWriter;
  readonly #edits: EditTaker;
  readonly #leases = new Map<string, StoredLease>();
  #member: Member | undefined;
  #account: string | undefined;
  #version = 0;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #lock: LeaseFileLock | undefined;
  /** Set once another process has overwritten the file. This process must not write any more. */
  #overwritten: OverwrittenLeaseFile | undefined;
  #onChange: (change: LeaseNews) => void = () => {};

  constructor(options: FileLeaseStoreOptions) {
    this.#options = options;
    this.#writer = new LeaseFileWriter(options.file);
    this.#edits = new EditTaker({
      ...options,
      leases: () => this.leases(),
      edit: (lease) => this.#set(lease),
      save: () => this.#save(),
    });
  }

  /** @throws LeaseFileInUse */
  async start(onChange: (change: LeaseNews) => void): Promise<void> {
    this.#onChange = onChange;
    await mkdir(dirname(this.#options.file), { recursive: true });
    this.#lock ??= await this.#acquire();
    try {
      const content = await this.#writer.read();
      // An earlier try may have made edits that it could not write. They still wait.
      this.#leases.clear();
      if (content !== undefined) this.#load(content);
      await this.#edits.start(content?.edits ?? []);
    } catch (error) {
      // The process that should use this file must not find it in use by a process that cannot use it.
      await this.#release();
      throw error;
    }
  }

  async claim(claim: StreamClaim): Promise<void> {
    assertSameAccount(claim, this.#account, this.leases());
    this.#account = claim.account;
  }

  leases(): readonly StoredLease[] {
    return [...this.#leases.values()];
  }

  /** None: a file with a lease that cannot be read is refused at the start, with the reason. */
  unreadable(): readonly UnreadableLease[] {
    return [];
  }

  isUnreadable(): boolean {
    return false;
  }

  members(): readonly Member[] {
    return this.#member ? [this.#member] : [];
  }

  async read(shardId: string): Promise<StoredLease | undefined> {
    return this.#leases.get(shardId);
  }

  async create(lease: ShardLease): Promise<StoredLease> {
    this.#assertOurs();
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
    // The state of the process then names the other process.
    if (this.#overwritten !== undefined) throw this.#overwritten;
    const isFirst = this.#member === undefined;
    this.#member = { ...member, version: String(++this.#version) };
    if (isFirst) this.#onChange('news');
    if (isFirst) await this.#save();
  }

  async withdraw(): Promise<void> {
    this.#member = undefined;
    await this.#save();
  }

  async stop(): Promise<void> {
    await this.#edits.stop();
    // Its caller has learned of a failed write.
    await this.#writing.catch(() => {});
    await this.#release();
  }

  /** Undefined if the directory can hold no lock. Another process is then noticed at the next write. */
  async #acquire(): Promise<LeaseFileLock | undefined> {
    const { file, logger } = this.#options;
    try {
      return await LeaseFileLock.acquire(file, `process ${process.pid} on ${hostname()}`);
    } catch (error) {
      if (error instanceof LeaseFileInUse) throw error;
      logger.warn({ error, file }, 'the lease file cannot be locked: start no other process with this file');
      return undefined;
    }
  }

  async #release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  #load({ stream, account, leases }: LeaseFile): void {
    const { file, stream: own } = this.#options;
    if (stream !== own) {
      throw new Error(
        `${file} holds the checkpoints of stream ${stream}, not of ${own}; set LEASE_FILE to another file`,
      );
    }
    this.#account = account;
    for (const lease of leases) this.#set(lease);
  }

  #assertOurs(): void {
    if (this.#overwritten !== undefined) throw new LeaseConflict(this.#overwritten.message);
  }

  #guard(lease: StoredLease): void {
    this.#assertOurs();
    const stored = this.#leases.get(lease.shardId);
    if (stored?.version !== lease.version)
      throw new LeaseConflict(`the lease of ${lease.shardId} was changed meanwhile`);
  }

  #set(lease: ShardLease): StoredLease {
    // Refuses a lease that could not be written, before it keeps all other leases from being written.
    formatCheckpoint(lease.checkpoint);
    const version = String(++this.#version);
    const stored = { ...lease, version, renewal: version };
    const change = leaseChange(this.#leases.get(lease.shardId), stored);
    this.#leases.set(lease.shardId, stored);
    if (change === 'news') this.#onChange(change);
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
    const user = this.#member && { name: this.#member.name, pid: process.pid };
    try {
      await this.#writer.write({
        stream: this.#options.stream,
        account: this.#account,
        process: user,
        leases: this.leases(),
        edits: this.#edits.answers,
      });
    } catch (error) {
      if (error instanceof OverwrittenLeaseFile) this.#yield(error);
      throw error;
    }
  }

  /** The other process reads the shards by now, so this process must stop reading them. */
  #yield(error: OverwrittenLeaseFile): void {
    if (this.#overwritten !== undefined) return;
    this.#overwritten = error;
    // The edits are for the process whose leases are in the file.
    this.#edits.halt();
    this.#options.logger.error({ error, file: this.#options.file }, 'this process gives up all shards');
    for (const lease of this.leases()) this.#set({ ...lease, owner: error.by, epoch: lease.epoch + 1 });
  }
}
