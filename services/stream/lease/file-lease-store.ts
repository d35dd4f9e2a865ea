import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { leaseChange } from './lease-change.ts';
import { assertAsSeen, editLease, positionOf } from './lease-edit.ts';
import { type EditResult, formatLeaseFile, type LeaseFile, parseLeaseFile } from './lease-file.ts';
import { type EditRequest, forgetEdits, takeEdits } from './lease-file-edits.ts';
import { LeaseConflict, type LeaseNews, type LeaseStore } from './lease-store.ts';
import type { Member, NewMember, ShardLease, StoredLease } from './shard-lease.ts';
import { assertSameAccount, type StreamClaim } from './stream-claim.ts';

/** Interval at which the process looks for edits that a person requested. */
const EDITS_MILLISECONDS = 500;
/** Answers to edits that the file keeps. The tool that requested them reads them within seconds. */
const KEPT_RESULTS = 200;

export interface FileLeaseStoreOptions {
  readonly file: string;
  readonly stream: string;
}

/**
 * Keeps the leases of one process in one file, which is replaced atomically. Two processes must not share a file.
 * A person's edits come as requests in a file beside it, because the process overwrites its file.
 */
export class FileLeaseStore implements LeaseStore {
  readonly isShared = false;
  readonly #options: FileLeaseStoreOptions;
  readonly #leases = new Map<string, StoredLease>();
  #member: Member | undefined;
  #account: string | undefined;
  #version = 0;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #editing: Promise<void> = Promise.resolve();
  #editResults: readonly EditResult[] = [];
  #timer: NodeJS.Timeout | undefined;
  #onChange: (change: LeaseNews) => void = () => {};

  constructor(options: FileLeaseStoreOptions) {
    this.#options = options;
  }

  async start(onChange: (change: LeaseNews) => void): Promise<void> {
    this.#onChange = onChange;
    const { file } = this.#options;
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) this.#load(parseLeaseFile(file, text));
    await this.#takeEdits();
    this.#timer ??= setInterval(() => {
      this.#editing = this.#editing.then(() => this.#takeEdits()).catch(() => {});
    }, EDITS_MILLISECONDS).unref();
  }

  async claim(claim: StreamClaim): Promise<void> {
    assertSameAccount(claim, this.#account, this.leases());
    this.#account = claim.account;
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
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#editing;
    await this.#writing;
  }

  #load({ stream, account, leases, edits }: LeaseFile): void {
    const { file, stream: own } = this.#options;
    if (stream !== own) {
      throw new Error(
        `${file} holds the checkpoints of stream ${stream}, not of ${own}; set LEASE_FILE to another file`,
      );
    }
    this.#account = account;
    this.#editResults = edits;
    for (const lease of leases) this.#set(lease);
  }

  async #takeEdits(): Promise<void> {
    const { file } = this.#options;
    const requests = await takeEdits(file);
    if (requests.length === 0) return;
    const answered = new Set(this.#editResults.map(({ id }) => id));
    const results = requests.filter(({ id }) => !answered.has(id)).map((request) => this.#edit(request));
    this.#editResults = [...this.#editResults, ...results].slice(-KEPT_RESULTS);
    await this.#save();
    await forgetEdits(file);
  }

  #edit({ id, stream, seen, exact, lease }: EditRequest): EditResult {
    try {
      const { file, stream: own } = this.#options;
      if (stream !== own) throw new LeaseConflict(`${file} holds the checkpoints of stream ${own}`);
      const stored = this.#leases.get(lease.shardId);
      assertAsSeen(lease.shardId, stored, seen, exact);
      this.#set(stored === undefined ? lease : editLease(stored, positionOf(lease)));
      return { id };
    } catch (error) {
      return { id, problem: (error as Error).message };
    }
  }

  #guard(lease: StoredLease): void {
    const stored = this.#leases.get(lease.shardId);
    if (stored?.version !== lease.version)
      throw new LeaseConflict(`the lease of ${lease.shardId} was changed meanwhile`);
  }

  #set(lease: ShardLease): StoredLease {
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
    const { file, stream } = this.#options;
    const user = this.#member && { name: this.#member.name, pid: process.pid };
    const content = formatLeaseFile({
      stream,
      account: this.#account,
      process: user,
      leases: this.leases(),
      edits: this.#editResults,
    });
    await mkdir(dirname(file), { recursive: true });
    const partial = `${file}.partial`;
    const handle = await open(partial, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  }
}
